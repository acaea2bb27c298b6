import { randomBytes } from "node:crypto";
import { systemClock } from "../base/index.ts";
import { createKubeApi, createMemoryObjectStore, type KubeApi } from "../kubeapi/index.ts";
import { stringifyYaml } from "../resource/index.ts";
import { type Access, createAccess } from "./access.ts";
import { clusterTypes } from "./cluster-types.ts";
import { createRequestLog } from "./request-log.ts";
import type { Sandbox, SandboxOptions } from "./sandbox-door.ts";
import { startServer } from "./server.ts";
import { createWorld, type World } from "./world.ts";

const defaultReadyDelayMs = 150;
const defaultReconcileDelayMs = 250;
/** Namespaces that every cluster has. */
const firstNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Starts an embedded run cluster. Everything in it is gone after `stop`, unless a store was given. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { name = "sandbox", clock = systemClock, store = createMemoryObjectStore() } = options;
  const stopped = new AbortController();
  const newToken = (): string => `sandbox-${randomBytes(32).toString("base64url")}`;
  const access: Access = createAccess(newToken(), () => world, newToken);
  const { types, equip } = clusterTypes(
    () => world,
    () => access,
  );
  const api: KubeApi = createKubeApi({ types, store, clock, authenticate: (request) => access.authenticate(request) });
  const world: World = createWorld(
    { ...api, types: { ...api.types, add: (type) => api.types.add(equip(type)) } },
    {
      clock,
      signal: stopped.signal,
      readyDelayMs: options.readyDelayMs ?? defaultReadyDelayMs,
      reconcileDelayMs: options.reconcileDelayMs ?? defaultReconcileDelayMs,
    },
  );
  for (const namespace of firstNamespaces)
    await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, "");
  await createAdministratorRole(world);
  const requests = createRequestLog();
  const handle = async (request: Request): Promise<Response> => {
    const response = await api.handle(request);
    requests.add(request, response);
    return response;
  };
  const server = await startServer(handle, { port: options.port ?? 0, now: clock.now() });
  return {
    name,
    server: server.url,
    token: access.adminToken,
    kubeconfig: kubeconfigText(name, server.url, server.certificate, access.adminToken),
    store,
    requests,
    handle,
    stop: async () => {
      stopped.abort(new Error("the sandbox stops"));
      await server.stop();
    },
  };
}

async function createAdministratorRole(world: World): Promise<void> {
  const rbac = "rbac.authorization.k8s.io";
  await world.create(
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "cluster-admin" },
      rules: [
        { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
        { nonResourceURLs: ["*"], verbs: ["*"] },
      ],
    },
    "",
  );
  await world.create(
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "cluster-admin" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: rbac, kind: "Group", name: "system:masters" }],
    },
    "",
  );
}

function kubeconfigText(name: string, server: string, certificate: string, token: string): string {
  const authority = Buffer.from(certificate).toString("base64");
  return stringifyYaml(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name, cluster: { server, "certificate-authority-data": authority } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      users: [{ name, user: { token } }],
    },
    { keyOrder: "given", width: "unlimited" },
  );
}
