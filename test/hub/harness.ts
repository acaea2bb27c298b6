import type { Clock } from "../../src/base/index.ts";
import { createHub, type Hub, type HubOptions, type Scope } from "../../src/hub/index.ts";
import { createMemoryObjectStore, type ObjectStore } from "../../src/kubeapi/index.ts";
import { type Json, own, parseJson } from "../../src/resource/index.ts";

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly headers: Headers;
}

export interface HubHarness {
  readonly hub: Hub;
  readonly store: ObjectStore;
  readonly vault: Map<string, { readonly data: ReadonlyMap<string, Uint8Array>; readonly type: string }>;
  /** `app ns/name created`, in order. */
  readonly told: string[];
  now: number;
  /** A token with these scopes, in these namespaces or all. */
  token(scopes: readonly Scope[], namespaces?: readonly string[]): Promise<string>;
  call(
    token: string | undefined,
    method: string,
    path: string,
    body?: Json,
    options?: { readonly type?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
}

export function createHubHarness(options: Partial<HubOptions> = {}): HubHarness {
  const store = createMemoryObjectStore();
  const vault: HubHarness["vault"] = new Map();
  const told: string[] = [];
  const clock: Clock = { now: () => harness.now, sleep: untilAborted };
  const tell = (kind: string) => async (namespace: string, name: string, change: string) => {
    told.push(`${kind} ${namespace}/${name} ${change}`);
  };
  const hub = createHub({
    store,
    clock,
    secrets: {
      get: async (namespace, name) => vault.get(`${namespace}/${name}`),
      put: async (namespace, name, secret) => {
        vault.set(`${namespace}/${name}`, secret);
      },
      delete: async (namespace, name) => {
        vault.delete(`${namespace}/${name}`);
      },
    },
    onAppChange: tell("app"),
    onSecretChange: tell("secret"),
    onConfigMapChange: tell("configmap"),
    ...options,
  });
  const harness: HubHarness = {
    hub,
    store,
    vault,
    told,
    now: Date.UTC(2026, 0, 1),
    token: async (scopes, namespaces) =>
      (await hub.tokens.create({ scopes, ...(namespaces !== undefined && { namespaces }) })).token,
    call: async (token, method, path, body, { type, headers } = {}) => {
      const response = await hub.handle(
        new Request(`http://hub.test${path}`, {
          method,
          headers: {
            "content-type": type ?? "application/json",
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return {
        status: response.status,
        body: text.startsWith("{") ? parseJson(text) : null,
        text,
        headers: response.headers,
      };
    },
  };
  return harness;
}

/** The member at a path of keys and indexes. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (current, key) =>
      typeof key === "number" ? (Array.isArray(current) ? (current[key] as Json) : undefined) : own(current, key),
    value,
  );
}

export const message = (answer: Answer): string => String(at(answer.body, "message"));

export const apps = "/apis/kappctrl.k14s.io/v1alpha1/namespaces/ns/apps";
export const secrets = "/api/v1/namespaces/ns/secrets";

export const app = (name: string, spec: Readonly<Record<string, Json>> = {}): Json => ({
  apiVersion: "kappctrl.k14s.io/v1alpha1",
  kind: "App",
  metadata: { name },
  spec: {
    cluster: { kubeconfigSecretRef: { name: "cluster1" } },
    fetch: [{ git: { url: "https://git.example/shop", ref: "origin/main" } }],
    template: [{ ytt: {} }],
    deploy: [{ kapp: {} }],
    ...spec,
  },
});

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
export const secret = (
  name: string,
  values: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): Json => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, annotations },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
});

/** Time stands still: whoever sleeps is woken by leaving. */
const untilAborted: Clock["sleep"] = (_ms, signal) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
