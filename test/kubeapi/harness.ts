import {
  builtinType,
  type Caller,
  createKubeApi,
  createMemoryObjectStore,
  type KubeApi,
  type ObjectStore,
  type ServedType,
} from "../../src/kubeapi/index.ts";
import { type Json, own, parseJson } from "../../src/resource/index.ts";

export const widgetType: ServedType = {
  group: "example.dev",
  kind: "Widget",
  plural: "widgets",
  shortNames: ["wd"],
  namespaced: true,
  flavour: "custom",
  statusSubresource: true,
  versions: [
    {
      name: "v1",
      schema: {
        type: "object",
        required: ["spec"],
        properties: {
          spec: {
            type: "object",
            required: ["size"],
            properties: {
              size: { type: "integer", minimum: 1 },
              colour: { type: "string", default: "red", enum: ["red", "blue"] },
              note: { type: "string" },
              parts: {
                type: "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                items: { type: "object", properties: { name: { type: "string" }, count: { type: "integer" } } },
              },
              tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
              free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
          status: { type: "object", properties: { phase: { type: "string" } } },
        },
      },
      columns: [
        { name: "Phase", type: "string", value: ".status.phase" },
        { name: "Age", type: "date", value: ".metadata.creationTimestamp" },
      ],
    },
  ],
};

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly body?: Json | string | Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Harness {
  readonly api: KubeApi;
  readonly store: ObjectStore;
  /** Milliseconds; tests move it. */
  now: number;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export const everybody: Caller = { user: "somebody", groups: [], may: async () => true };

const usualTypes = [
  widgetType,
  builtinType("ConfigMap"),
  builtinType("Deployment"),
  builtinType("ServiceAccount"),
  builtinType("Namespace"),
];

/** An API in which everybody may do everything. `types` come beside the usual ones. */
export function createHarness(
  types: readonly ServedType[] = [],
  store: ObjectStore = createMemoryObjectStore(),
): Harness {
  const harness: Harness = {
    now: Date.UTC(2026, 0, 1),
    store,
    api: createKubeApi({
      types: [...usualTypes, ...types],
      store,
      authenticate: async () => everybody,
      clock: { now: () => harness.now, sleep: (ms, signal) => sleep(ms, signal) },
      limits: { maxPage: 3, watchPollMs: 20 },
    }),
    call: async (method, path, { body, type, headers } = {}) => {
      const request = new Request(`http://api.test${path}`, {
        method,
        headers: { "content-type": type ?? "application/json", ...headers },
        ...(body !== undefined && { body: bodyOf(body) }),
      });
      const response = await harness.api.handle(request);
      const text = await response.text();
      return {
        status: response.status,
        body: text.startsWith("{") ? parseJson(text) : text,
        headers: response.headers,
      };
    },
  };
  return harness;
}

const bodyOf = (body: Json | string | Uint8Array): string | Uint8Array<ArrayBuffer> =>
  typeof body === "string" ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);

/** Watches wait in real time, so that they end when the reader leaves. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
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

export const widgets = "/apis/example.dev/v1/namespaces/ns/widgets";
export const configMaps = "/api/v1/namespaces/ns/configmaps";
export const widget = (name: string, spec: Json = { size: 1 }, more: Readonly<Record<string, Json>> = {}): Json => ({
  apiVersion: "example.dev/v1",
  kind: "Widget",
  metadata: { name, ...(more["metadata"] as object) },
  spec,
});
export const configMap = (
  name: string,
  data: Json = { a: "1" },
  metadata: Readonly<Record<string, Json>> = {},
): Json => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});
