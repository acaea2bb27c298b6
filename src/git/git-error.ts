/** What went wrong with a repository; callers switch on `code`, never on the message. */
export type GitFailure =
  /** The URL itself: scheme, user, host, odd characters. Nothing was sent. */
  | { readonly code: "GIT_URL"; readonly part: string }
  /** The host resolves to an address that policy denies. Nothing was sent. */
  | { readonly code: "GIT_ADDRESS"; readonly host: string; readonly addressClass: string }
  /** DNS, connection, reset, or a body that ended early. */
  | { readonly code: "GIT_UNREACHABLE"; readonly reason: string }
  | { readonly code: "GIT_TLS"; readonly reason: string }
  /** 401 or 403. `given`: credentials had been sent. */
  | { readonly code: "GIT_AUTH"; readonly status: number; readonly given: boolean }
  | { readonly code: "GIT_NOT_FOUND" }
  /** 429 or 503, or 403 with a wait: come back later. */
  | { readonly code: "GIT_BUSY"; readonly status: number }
  | { readonly code: "GIT_HTTP"; readonly status: number }
  | { readonly code: "GIT_REDIRECT"; readonly from: string; readonly to: string }
  /** The server does not speak protocol v2, or breaks it. */
  | { readonly code: "GIT_PROTOCOL" }
  /** The server's own words: an ERR packet or an error on the side band. */
  | { readonly code: "GIT_REMOTE"; readonly text: string }
  | { readonly code: "GIT_LIMIT"; readonly limit: string; readonly max: number }
  | { readonly code: "GIT_PACK" }
  /** An object that is not what its id or its place says. */
  | { readonly code: "GIT_OBJECT"; readonly oid: string }
  | { readonly code: "GIT_MISSING_OBJECT"; readonly oid: string; readonly path: string }
  | { readonly code: "GIT_REF"; readonly ref: string; readonly near: readonly string[] }
  /** The commit is gone from the server although it was listed. */
  | { readonly code: "GIT_NOT_OUR_REF"; readonly oid: string }
  /** A path in the tree that may not exist in a checkout. */
  | { readonly code: "GIT_PATH"; readonly path: string }
  | { readonly code: "GIT_SUBPATH"; readonly subPath: string }
  | { readonly code: "GIT_UNSUPPORTED"; readonly what: "ssh" | "submodule" | "sha256"; readonly path?: string };

export type GitFailureCode = GitFailure["code"];

export interface GitErrorOptions {
  /** Whether the same call may succeed later without a change of input. Default false. */
  readonly retryable?: boolean;
  /** The least wait that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failure while talking to a git server or reading what it sent. Messages carry no credentials. */
export class GitError extends Error {
  readonly failure: GitFailure;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: GitFailure, options: GitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GitError";
    this.failure = failure;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The failure when `error` is a GitError of this code, else `undefined`. */
export function gitFailure<Code extends GitFailureCode>(
  error: unknown,
  code: Code,
): Extract<GitFailure, { code: Code }> | undefined {
  if (!(error instanceof GitError) || error.failure.code !== code) return undefined;
  // The comparison above is what Extract says; the compiler cannot follow it through the type parameter.
  return error.failure as Extract<GitFailure, { code: Code }>;
}

/** A limit was hit; the message names it as configuration does. */
export function limitError(limit: string, max: number, what: string): GitError {
  return new GitError(`${what} (limit ${limit} = ${max.toLocaleString("en-US")})`, { code: "GIT_LIMIT", limit, max });
}
