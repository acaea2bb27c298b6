/** One App from files, without a hub and without anything kept: what `lateen render`, `diff` and `deploy` work with. */
import { createHash } from "node:crypto";
import type { AppObjects, ReconcileDeps, Secret, SecretVault } from "../reconcile/index.ts";
import { isMap, type Json, type KubeObject, nameOf, namespaceOf, own, stringifyJson } from "../resource/index.ts";
import { compose } from "./compose.ts";
import { parseConfig } from "./config.ts";

export interface OnceInput {
  readonly app: KubeObject;
  /** Kubernetes Secrets, with `data` or `stringData`. */
  readonly secrets: readonly KubeObject[];
  readonly configMaps: readonly KubeObject[];
  /** Text of a kubeconfig to deploy with, whatever the App says. */
  readonly kubeconfig?: string;
  /** Path of the home cluster's kubeconfig. */
  readonly homeKubeconfig?: string;
  /** Where log lines go. */
  readonly write: (line: string) => void;
}

export interface Once {
  /** The App, aimed at `kubeconfig` if one was given. */
  readonly app: KubeObject;
  readonly deps: ReconcileDeps;
  close(): Promise<void>;
}

/** Name of the Secret that `kubeconfig` stands in; no name of a real one, for it is no DNS label. */
const kubeconfigSecret = "the kubeconfig given on the command line";

/** Composes lateen with everything in memory: the Secrets and ConfigMaps that are given are all there are. */
export async function composeOnce(input: OnceInput): Promise<Once> {
  const parsed = parseConfig({
    flags: {
      dataDir: ":memory:",
      logLevel: "warn",
      ...(input.homeKubeconfig === undefined ? {} : { homeKubeconfig: input.homeKubeconfig }),
    },
  });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const composition = await compose(parsed.config, { write: input.write });
  const app = input.kubeconfig === undefined ? input.app : aimAt(input.app, kubeconfigSecret);
  const secrets = new Map(
    input.secrets.map((object) => [keyOf(namespaceOf(object), nameOf(object)), toSecret(object)]),
  );
  if (input.kubeconfig !== undefined)
    secrets.set(keyOf(namespaceOf(app), kubeconfigSecret), kubeconfigAsSecret(input.kubeconfig));
  const configMaps = new Map(input.configMaps.map((object) => [keyOf(namespaceOf(object), nameOf(object)), object]));
  return {
    app,
    deps: {
      ...composition.deps,
      vault: memoryVault(secrets),
      apps: oneApp(app),
      configMaps: { get: async (namespace, name) => configMaps.get(keyOf(namespace, name)) },
      secretNames: async (namespace) => input.secrets.filter((object) => namespaceOf(object) === namespace).map(nameOf),
    },
    close: () => composition.close(),
  };
}

/** The kubeconfig's own user deploys, into the namespace that the App would have used. */
function aimAt(app: KubeObject, secret: string): KubeObject {
  const spec = own(app, "spec");
  const { serviceAccountName: account, ...rest } = isMap(spec) ? spec : {};
  const namespace =
    own(rest["cluster"], "namespace") ?? (typeof account === "string" && account !== "" ? namespaceOf(app) : undefined);
  const cluster = {
    kubeconfigSecretRef: { name: secret, key: "value" },
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { ...app, spec: { ...rest, cluster } };
}

/** Spec without hub: nobody but this process sees the App's status. */
function oneApp(app: KubeObject): AppObjects {
  let current = app;
  return {
    get: async (namespace, name) =>
      namespace === namespaceOf(current) && name === nameOf(current) ? current : undefined,
    list: async () => [current],
    updateStatus: async (_namespace, _name, _uid, status) => {
      current = { ...current, status };
      return current;
    },
    addFinalizer: async () => undefined,
    removeFinalizer: async () => undefined,
  };
}

function memoryVault(secrets: Map<string, Secret>): SecretVault {
  return {
    get: async (namespace, name) => secrets.get(keyOf(namespace, name)),
    put: async (namespace, name, { data, type }) =>
      void secrets.set(keyOf(namespace, name), { data, type, version: versionOf(data) }),
    delete: async (namespace, name) => void secrets.delete(keyOf(namespace, name)),
  };
}

function toSecret(object: KubeObject): Secret {
  const data = new Map<string, Uint8Array>();
  for (const [key, value] of entries(own(object, "data"))) data.set(key, Buffer.from(value, "base64"));
  for (const [key, value] of entries(own(object, "stringData"))) data.set(key, Buffer.from(value, "utf8"));
  const type = own(object, "type");
  return { data, type: typeof type === "string" ? type : "Opaque", version: versionOf(data) };
}

function kubeconfigAsSecret(text: string): Secret {
  const data = new Map([["value", Buffer.from(text, "utf8")]]);
  return { data, type: "Opaque", version: versionOf(data) };
}

function entries(map: Json | undefined): readonly (readonly [string, string])[] {
  return isMap(map)
    ? Object.entries(map).flatMap(([key, value]) => (typeof value === "string" ? [[key, value] as const] : []))
    : [];
}

function versionOf(data: ReadonlyMap<string, Uint8Array>): string {
  const content = Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  return createHash("sha256")
    .update(stringifyJson(content, { sortKeys: true }))
    .digest("hex");
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
