/** What went wrong; callers switch on this, never on text. */
export type ClusterErrorCode =
  /** The kubeconfig is longer than 64 KiB, is no YAML map, or one of its values has the wrong type. */
  | "KUBECONFIG_SYNTAX"
  /** A name that something refers to, or a required field, is absent; `field` says which. */
  | "KUBECONFIG_MISSING"
  /** A field that would run a program, open a file or lower security; `field` says which. */
  | "KUBECONFIG_REFUSED"
  /** A certificate, key or token that cannot work: bad base64 or PEM, expired, mismatched pair. */
  | "KUBECONFIG_INVALID"
  /** The operator's rules do not allow this server or its address. */
  | "CLUSTER_SERVER_REFUSED"
  /** No credentials could be had to log in with. Nothing was sent. */
  | "CLUSTER_LOGIN"
  /** No connection: name not found, refused, time-out while connecting. Nothing was sent. */
  | "CLUSTER_UNREACHABLE"
  /** One side does not accept the other's certificate. Nothing was done. */
  | "CLUSTER_TLS"
  /** The connection broke or went silent after the request was sent. */
  | "CLUSTER_NO_ANSWER"
  /** The answer cannot be used: truncated, not JSON, wrong kind, too long, a redirect. */
  | "CLUSTER_BAD_ANSWER"
  /** The API server answered with an error status. */
  | "CLUSTER_API";

/** One entry of `details.causes` of an API server's Status. */
export interface StatusCause {
  readonly field: string;
  readonly message: string;
  readonly reason: string;
}

export interface ClusterErrorInit {
  readonly code: ClusterErrorCode;
  readonly message: string;
  /** Default 0: no answer. */
  readonly status?: number;
  readonly reason?: string;
  /** Default: the whole message. */
  readonly apiMessage?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly outcomeUnknown?: boolean;
  readonly field?: string;
  readonly cause?: unknown;
}

/** The one error of this room. Its texts never hold a credential. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly code: ClusterErrorCode;
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** Kubernetes reason (`AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`…) or empty. */
  readonly reason: string;
  /** The API server's message, verbatim. */
  readonly apiMessage: string;
  readonly causes: readonly StatusCause[];
  /** The same call may succeed later. */
  readonly retryable: boolean;
  /** The wait that the server asked for, in milliseconds; 0 when it named none. */
  readonly retryAfterMs: number;
  /** A write of which nobody knows whether it happened: read back before deciding (reliability.md F42). */
  readonly outcomeUnknown: boolean;
  /** The kubeconfig field at fault, as `users[x].user.exec`; empty for other errors. */
  readonly field: string;

  constructor(init: ClusterErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.status = init.status ?? 0;
    this.reason = init.reason ?? "";
    this.apiMessage = init.apiMessage ?? init.message;
    this.causes = init.causes ?? [];
    this.retryable = init.retryable ?? false;
    this.retryAfterMs = init.retryAfterMs ?? 0;
    this.outcomeUnknown = init.outcomeUnknown ?? false;
    this.field = init.field ?? "";
  }
}

export function isClusterError(error: unknown): error is ClusterError {
  return error instanceof ClusterError;
}
