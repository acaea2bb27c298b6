import type { Clock, Log } from "../base/index.ts";
import type { ObjectStore } from "../kubeapi/index.ts";
import type { KubeObject } from "../resource/index.ts";
import type { HubTokens } from "./token-door.ts";

/** The secrets manager as the hub uses it: Secret data goes nowhere else. The shape of the reconcile room's `SecretVault`. */
export interface HubSecretVault {
  get(
    namespace: string,
    name: string,
  ): Promise<{ readonly data: ReadonlyMap<string, Uint8Array>; readonly type: string } | undefined>;
  put(
    namespace: string,
    name: string,
    secret: { readonly data: ReadonlyMap<string, Uint8Array>; readonly type: string },
  ): Promise<void>;
  delete(namespace: string, name: string): Promise<void>;
}

/**
 * What happened to an object. `spec`: its generation rose (ConfigMaps and Secrets: the data changed). `metadata`: labels, annotations or
 * finalizers. `deleting`: it now waits for its finalizers. `deleted`: it is gone. Changes of status are not told.
 */
export type HubChange = "created" | "spec" | "metadata" | "deleting" | "deleted";

export interface HubOptions {
  readonly store: ObjectStore;
  readonly secrets: HubSecretVault;
  readonly clock: Clock;
  /** Default: none. */
  readonly log?: Log;
  /** Cryptographically random bytes for tokens and uids. Default: node:crypto's. */
  readonly randomBytes?: (length: number) => Uint8Array;
  /**
   * Awaited before the request is answered, so that an accepted change is a noted one. When it throws, the object stays stored, the answer
   * carries a warning, and the next tick has to find the change.
   */
  readonly onAppChange?: (namespace: string, name: string, change: HubChange) => Promise<void>;
  readonly onSecretChange?: (namespace: string, name: string, change: HubChange) => Promise<void>;
  readonly onConfigMapChange?: (namespace: string, name: string, change: HubChange) => Promise<void>;
  /**
   * Answers requests for ServiceAccounts and RBAC kinds from the home cluster instead of the hub's store: for operators who let `admin`
   * tokens (and no others) set those up through the hub. The request's path is a Kubernetes path, its headers hold no credentials.
   * Default: stored in the hub, with a warning that they grant nothing there.
   */
  readonly forward?: (request: Request) => Promise<Response>;
  /** Longest watch in milliseconds; clients then watch again. Default 300 000. */
  readonly maxWatchMs?: number;
  /** Path under which `handle` is mounted. Default `""`: the hub is the root. */
  readonly basePath?: string;
}

export interface HubApps {
  get(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** All Apps, or those of a namespace. */
  list(namespace?: string): Promise<readonly KubeObject[]>;
  /** Replaces `.status` if the uid still matches; `undefined` when the App is gone or another. Conflicts are retried. Wakes nothing. */
  updateStatus(namespace: string, name: string, uid: string, status: KubeObject): Promise<KubeObject | undefined>;
  addFinalizer(namespace: string, name: string, uid: string, finalizer: string): Promise<void>;
  /** Also ends a deletion that waited for this finalizer only. */
  removeFinalizer(namespace: string, name: string, uid: string, finalizer: string): Promise<void>;
}

export interface Hub {
  /** The Kubernetes API for callers with a bearer token. Never rejects: failures are Status answers. */
  handle(request: Request): Promise<Response>;
  readonly apps: HubApps;
  readonly configMaps: { get(namespace: string, name: string): Promise<KubeObject | undefined> };
  readonly tokens: HubTokens;
  /**
   * Server-side apply without a token, for objects that the operator's own configuration holds; takes over fields of other managers.
   * @throws HubError with the API's message when the object is refused.
   */
  apply(
    object: KubeObject,
    options: { readonly fieldManager: string },
  ): Promise<{ readonly object: KubeObject; readonly changed: boolean }>;
  /** Deletes an object of the operator's configuration; `false` when there was none. */
  delete(object: KubeObject): Promise<boolean>;
}
