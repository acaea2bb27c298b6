/** One HTTP request of the client. Redirects are never followed by the transport. */
export interface GitRequest {
  readonly method: "GET" | "POST";
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}

export interface GitResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Decoded content. Breaking out of the iteration closes the connection or gives it back. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/**
 * How bytes reach a git server: anything of the shape of `fetch`. Rejects with an error whose `code`, or whose `cause.code`, is Node's or OpenSSL's
 * (`ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`), or with a GitError.
 */
export type GitFetch = (url: string, request: GitRequest) => Promise<GitResponse>;
