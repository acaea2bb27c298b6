import type { GroupVersionKind, KubeObject } from "../resource/index.ts";
import type { BearerToken } from "./token-credential.ts";

/** A type that an API server serves, from discovery. */
export interface ApiType extends GroupVersionKind {
  /** Plural, as in the URL: `deployments`. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What discovery answered. The versions of a group come in the server's order of preference. */
export interface Discovery {
  readonly types: readonly ApiType[];
  /** Group-versions that could not be read (an aggregated API that is down…): their types are unknown, not absent. */
  readonly failed: readonly { readonly groupVersion: string; readonly message: string }[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /** One namespace; absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** PartialObjectMetadata only: identity, labels, annotations, generation, resourceVersion. */
  readonly metadataOnly?: boolean;
}

export interface PatchBody {
  readonly contentType: "application/json-patch+json" | "application/merge-patch+json";
  readonly body: string;
}

export interface DeletePreconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** A line of a container's log. */
export interface LogLine {
  /** RFC 3339 with all digits that the server gave: later lines compare as greater. */
  readonly time: string;
  readonly text: string;
}

export interface ServerVersion {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

/**
 * A run cluster. Every call throws `ClusterError` on failure and `signal.reason` on abort; calls that are safe to repeat are repeated
 * inside a budget (reliability.md L30, L31). Lists are complete or they throw.
 */
export interface Cluster {
  /** `https://host:port`, without a slash at the end. */
  readonly server: string;
  /** Namespace of the kubeconfig's context; `undefined` when it names none. */
  readonly namespace: string | undefined;
  /** The types that the server serves; an answer is used for 30 s, `fresh` asks again. */
  discover(options?: CallOptions & { readonly fresh?: boolean }): Promise<Discovery>;
  list(type: ApiType, options?: ListOptions): Promise<readonly KubeObject[]>;
  /** `undefined` when the API server says that the object or its type does not exist; a 404 of anything else throws. */
  get(type: ApiType, namespace: string, name: string, options?: CallOptions): Promise<KubeObject | undefined>;
  create(type: ApiType, namespace: string, object: KubeObject, options?: CallOptions): Promise<KubeObject>;
  /** PUT; a `metadata.resourceVersion` in the object is the precondition. */
  replace(
    type: ApiType,
    namespace: string,
    name: string,
    object: KubeObject,
    options?: CallOptions,
  ): Promise<KubeObject>;
  patch(type: ApiType, namespace: string, name: string, patch: PatchBody, options?: CallOptions): Promise<KubeObject>;
  /** Background propagation. `gone`: nothing is left, the object was removed at once or did not exist; else finalizers hold it. */
  delete(
    type: ApiType,
    namespace: string,
    name: string,
    preconditions: DeletePreconditions,
    options?: CallOptions,
  ): Promise<{ readonly gone: boolean }>;
  version(options?: CallOptions): Promise<ServerVersion>;
  /**
   * What a container has written, the oldest first; with `since` (RFC 3339) from that second on, with `tailLines` only the last ones, and never
   * more than a megabyte.
   */
  readLog(
    namespace: string,
    pod: string,
    container: string,
    options?: CallOptions & { readonly since?: string; readonly tailLines?: number },
  ): Promise<readonly LogLine[]>;
  /** A new token of a ServiceAccount. `expirationSeconds` default 7200 (app.md §3.10); the server may shorten or lengthen it. */
  requestServiceAccountToken(
    namespace: string,
    name: string,
    options?: CallOptions & { readonly expirationSeconds?: number },
  ): Promise<BearerToken>;
  /** The same server as that ServiceAccount; its token is renewed when half of its life is left. Closing either one leaves the other open. */
  actAs(namespace: string, serviceAccount: string): Cluster;
  /** Ends the connections; calls in flight fail. */
  close(): Promise<void>;
}
