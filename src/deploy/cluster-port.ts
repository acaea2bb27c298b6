import type { GroupVersionKind, KubeObject } from "../resource/index.ts";

/** A type that an API server serves, from discovery. */
export interface ApiType extends GroupVersionKind {
  /** Plural, as in the URL: `deployments`. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What discovery answered; `failed` names group-versions that could not be read (broken aggregated API…). */
export interface Discovery {
  readonly types: readonly ApiType[];
  readonly failed: readonly { readonly groupVersion: string; readonly message: string }[];
}

export interface ListOptions {
  /** One namespace; absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** PartialObjectMetadata only: identity, labels, annotations, generation, resourceVersion. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A line of a container's log. */
export interface LogLine {
  /** RFC 3339 with all digits that the server gave: later lines compare as greater. */
  readonly time: string;
  readonly text: string;
}

/**
 * The few calls the engine makes on a run cluster. Every call throws `ApiFailure`-shaped errors (see `isApiFailure`).
 * Lists are complete or they throw: an incomplete list is never an answer.
 */
export interface DeployCluster {
  /** `https://host:port`, shown as `Target cluster '…'`. */
  readonly server: string;
  /** Cached for the life of a run; `fresh` asks the server again. */
  discover(options?: CallOptions & { readonly fresh?: boolean }): Promise<Discovery>;
  list(type: ApiType, options?: ListOptions): Promise<readonly KubeObject[]>;
  /** `undefined` when the object does not exist (404). */
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
  patch(
    type: ApiType,
    namespace: string,
    name: string,
    patch: {
      readonly contentType: "application/json-patch+json" | "application/merge-patch+json";
      readonly body: string;
    },
    options?: CallOptions,
  ): Promise<KubeObject>;
  /** Background propagation; answers even if the object is already gone (`gone: true`). */
  delete(
    type: ApiType,
    namespace: string,
    name: string,
    preconditions: { readonly uid?: string; readonly resourceVersion?: string },
    options?: CallOptions,
  ): Promise<{ readonly gone: boolean }>;
  /**
   * What a container has written, the oldest first; with `since` from that second on, with `tailLines` only the last ones, and never more than a
   * megabyte. Absent where logs cannot be read: then none are told.
   */
  readLog?(
    namespace: string,
    pod: string,
    container: string,
    options?: CallOptions & { readonly since?: string; readonly tailLines?: number },
  ): Promise<readonly LogLine[]>;
}

/** The shape of errors that a cluster throws. */
export interface ApiFailure extends Error {
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** Kubernetes reason: `AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`… or empty. */
  readonly reason: string;
  /** The API server's message, verbatim (without our prefix). */
  readonly apiMessage: string;
  readonly retryable: boolean;
  /** A write of which nobody knows whether it happened (time-out, reset): read back before deciding. */
  readonly outcomeUnknown: boolean;
}

export function isApiFailure(error: unknown): error is ApiFailure {
  return error instanceof Error && "apiMessage" in error && "status" in error && "reason" in error;
}
