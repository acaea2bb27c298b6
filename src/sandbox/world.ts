import type { Clock } from "../base/index.ts";
import type { Caller, KubeApi, ServedType } from "../kubeapi/index.ts";
import {
  apiVersionOf,
  type Json,
  type KubeObject,
  kindOf,
  nameOf,
  parseJson,
  stringifyJson,
  uidOf,
} from "../resource/index.ts";

/** The simulated controllers' view of the cluster. */
export interface World {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly readyDelayMs: number;
  readonly reconcileDelayMs: number;
  /** The types that are served now, by kind; `undefined` when a kind is not (or no longer) served. */
  type(kind: string): ServedType | undefined;
  get(kind: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(kind: string, namespace?: string): Promise<readonly KubeObject[]>;
  /** Creates an object; one that exists already stays as it is. */
  create(object: KubeObject, namespace: string): Promise<void>;
  /** Merge-patches an object or its status; one that is gone stays gone. */
  patch(target: Target, patch: KubeObject, subresource?: "status"): Promise<void>;
  remove(target: Target): Promise<void>;
  /** The same for a type that may share its kind with another. */
  removeOf(type: ServedType, namespace: string, name: string): Promise<void>;
  /** Runs `action` after a while; a later call with the same key replaces it. Failures are dropped: the next change tries again. */
  later(key: string, delayMs: number, action: () => Promise<void>): void;
}

export interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The controllers' own identity: may do everything. */
const controllerCaller: Caller = {
  user: "system:kube-controller-manager",
  groups: ["system:masters"],
  may: async () => true,
};

export function createWorld(
  api: KubeApi,
  options: Pick<World, "clock" | "readyDelayMs" | "reconcileDelayMs"> & { readonly signal: AbortSignal },
): World {
  const { clock, signal } = options;
  const pending = new Map<string, AbortController>();
  let kinds = new Map<string, ServedType>();
  let revision = -1;
  const type = (kind: string): ServedType | undefined => {
    if (api.types.revision() !== revision) {
      revision = api.types.revision();
      // Built-in kinds come first and keep their names where a custom type takes the same.
      kinds = new Map(
        api.types
          .all()
          .toReversed()
          .map((one) => [one.kind, one]),
      );
    }
    return kinds.get(kind);
  };
  const send = async (method: string, path: string, body?: Json): Promise<Response> =>
    api.handleAs(
      controllerCaller,
      new Request(`http://sandbox${path}`, {
        method,
        headers: { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" },
        ...(body !== undefined && { body: stringifyJson(body) }),
      }),
    );
  const pathOf = ({ kind, namespace, name }: Target): string | undefined => {
    const served = type(kind);
    return served === undefined ? undefined : `${collectionPath(served, namespace)}/${encodeURIComponent(name)}`;
  };
  return {
    api,
    clock,
    readyDelayMs: options.readyDelayMs,
    reconcileDelayMs: options.reconcileDelayMs,
    type,
    get: async (kind, namespace, name) => {
      const served = type(kind);
      return served === undefined ? undefined : api.objects.get(served, namespace, name);
    },
    list: async (kind, namespace) => {
      const served = type(kind);
      return served === undefined ? [] : api.objects.list(served, namespace);
    },
    create: async (object, namespace) => {
      const served = type(kindOf(object));
      if (served !== undefined) await send("POST", collectionPath(served, namespace), object);
    },
    patch: async (target, patch, subresource) => {
      const path = pathOf(target);
      if (path === undefined) return;
      const response = await send("PATCH", subresource === undefined ? path : `${path}/${subresource}`, patch);
      if (response.status >= 400 && response.status !== 404) {
        const status = parseJson(await response.text());
        throw new Error(`${target.kind} ${target.name}: ${stringifyJson(status)}`);
      }
    },
    remove: async (target) => {
      const path = pathOf(target);
      if (path !== undefined) await send("DELETE", path);
    },
    removeOf: async (served, namespace, name) => {
      await send("DELETE", `${collectionPath(served, namespace)}/${encodeURIComponent(name)}`);
    },
    later: (key, delayMs, action) => {
      pending.get(key)?.abort(new Error("replaced"));
      const own = new AbortController();
      pending.set(key, own);
      const run = async (): Promise<void> => {
        try {
          await clock.sleep(delayMs, AbortSignal.any([signal, own.signal]));
          pending.delete(key);
          await action();
        } catch {
          // Replaced, stopped, or an object that changed under the simulation: the change itself starts the next attempt.
        }
      };
      void run();
    },
  };
}

function collectionPath(type: ServedType, namespace: string): string {
  const version = type.versions[0].name;
  const root = type.group === "" ? `/api/${version}` : `/apis/${type.group}/${version}`;
  return `${root}${type.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ""}/${type.plural}`;
}

/** A reference of a dependent to its controller. */
export const ownerOf = (owner: KubeObject): KubeObject => ({
  apiVersion: apiVersionOf(owner),
  kind: kindOf(owner),
  name: nameOf(owner),
  uid: uidOf(owner),
  controller: true,
  blockOwnerDeletion: true,
});

/** RFC 3339 in whole seconds. */
export const timeText = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`;

/** How an object's author asks the simulation to misbehave, for demonstrations and tests. */
export function behaviourOf(object: KubeObject): "ready" | "never-ready" | "fail" {
  const metadata = object["metadata"] as KubeObject | undefined;
  const annotations = metadata?.["annotations"] as KubeObject | undefined;
  const wanted = annotations?.["sandbox.lateen.dev/behaviour"];
  return wanted === "never-ready" || wanted === "fail" ? wanted : "ready";
}
