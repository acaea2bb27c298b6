import { randomBytes as systemRandomBytes } from "node:crypto";
import { silentLog } from "../base/index.ts";
import { createKubeApi, type KubeApi } from "../kubeapi/index.ts";
import { kindOf, nameOf, stringifyJson } from "../resource/index.ts";
import { callerOf, configurationCaller } from "./callers.ts";
import { createForwarder } from "./forward.ts";
import { createHubApps, createHubConfigMaps } from "./hub-apps.ts";
import type { Hub, HubOptions } from "./hub-door.ts";
import { hubTypes, namespaceType } from "./hub-types.ts";
import { applyObject, deleteObject } from "./operator-objects.ts";
import { createTokenLimits } from "./token-limits.ts";
import { createTokens } from "./tokens.ts";

/** Default for one watch in milliseconds: shorter than a revoked token or a function should last. */
const defaultMaxWatchMs = 5 * 60_000;
/** Objects that a refusal names. */
const maxNamed = 5;

/** What a build cluster held, without the cluster: Apps, Secrets, ConfigMaps… behind a Kubernetes-style API. */
export function createHub(options: HubOptions): Hub {
  const { store, clock, log = silentLog, randomBytes = systemRandomBytes } = options;
  const limits = createTokenLimits(clock);
  const tokens = createTokens(store, clock, randomBytes);
  const types = hubTypes(options, {
    ensureNamespace: async (namespace) => {
      if ((await api.objects.get(namespaceType, "", namespace)) !== undefined) return;
      const body = stringifyJson({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      // Refused where another object began the namespace at the same time: it is there then.
      await api.handleAs(
        configurationCaller,
        new Request("http://hub/api/v1/namespaces", {
          method: "POST",
          body,
          headers: { "content-type": "application/json" },
        }),
      );
    },
    contentOf: (namespace) => contentOf(namespace),
  });
  const api: KubeApi = createKubeApi({
    types,
    store,
    clock,
    randomBytes,
    limits: { maxWatchMs: options.maxWatchMs ?? defaultMaxWatchMs },
    watchGate: limits.watchGate,
    authenticate: async (request) => {
      const record = await tokens.authenticate(request);
      if (record === undefined) return undefined;
      const caller = callerOf(record, tokens);
      limits.countRequest(caller.user);
      return caller;
    },
    onError: (error, request) =>
      log.error("hub request failed", { error, method: request.method, path: new URL(request.url).pathname }),
    ...(options.basePath !== undefined && { basePath: options.basePath }),
  });
  const contentOf = async (namespace: string): Promise<readonly string[]> => {
    const namespaced = types.filter((type) => type.namespaced);
    const objects = await Promise.all(namespaced.map((type) => api.objects.list(type, namespace)));
    const names = objects.flat().map((object) => `${kindOf(object)} ${nameOf(object)}`);
    return names.length > maxNamed ? [...names.slice(0, maxNamed), `${names.length - maxNamed} more`] : names;
  };
  const forward = createForwarder(options, tokens);
  return {
    handle: async (request) => (await forward(request)) ?? api.handle(request),
    apps: createHubApps(api),
    configMaps: createHubConfigMaps(api),
    tokens,
    apply: (object, { fieldManager }) => applyObject(api, object, fieldManager),
    delete: (object) => deleteObject(api, object),
  };
}
