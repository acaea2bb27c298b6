import { GitError } from "./git-error.ts";
import type { RepoUrl } from "./repo-url.ts";
import { escapeText } from "./text.ts";
import type { GitResponse } from "./transport.ts";

/** Seconds of a Retry-After header that are believed. */
const maxRetryAfterSeconds = 3600;

/** The failure that a status stands for, other than 200 and the redirects. `given`: credentials had been sent. */
export function statusFailure({ status, headers }: GitResponse, repo: RepoUrl, given: boolean): GitError {
  const where = repo.href;
  const retryAfterMs = retryAfter(headers.get("retry-after"));
  // GitHub answers 403 to whom it wants to slow down.
  if (status === 429 || status === 503 || (status === 403 && retryAfterMs !== undefined)) {
    const wait = retryAfterMs === undefined ? "" : `, asks to come back in ${retryAfterMs / 1000} s`;
    const options = { retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    return new GitError(`${where} is busy (HTTP ${status})${wait}`, { code: "GIT_BUSY", status }, options);
  }
  switch (status) {
    case 401:
    case 403: {
      const message = given
        ? `Authentication failed for '${where}/'`
        : `could not read Username for '${repo.origin}': no credentials are given`;
      return new GitError(`${message} (HTTP ${status})`, { code: "GIT_AUTH", status, given });
    }
    case 404:
    case 410: {
      const hint = given ? "" : "; if it is private, credentials are needed";
      return new GitError(`repository '${where}/' not found (HTTP ${status}${hint})`, { code: "GIT_NOT_FOUND" });
    }
    default: {
      const failure = { code: "GIT_HTTP", status } as const;
      return new GitError(`unable to access '${where}/': HTTP ${status}`, failure, { retryable: status >= 500 });
    }
  }
}

/** The failure of an answer that is not of this content type; `undefined` when it is. */
export function contentTypeFailure({ headers }: GitResponse, repo: RepoUrl, want: string): GitError | undefined {
  const found = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (found === want) return undefined;
  return new GitError(
    `${repo.href} does not answer with git protocol v2: content type "${escapeText(found, 80)}" instead of ${want}`,
    { code: "GIT_PROTOCOL" },
  );
}

/** Only the form in seconds: a date would need the server's clock to agree with ours. */
function retryAfter(header: string | null): number | undefined {
  if (header === null || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), maxRetryAfterSeconds) * 1000;
}

/** Codes of Node and OpenSSL for a certificate or handshake that is not right. */
const tlsCode =
  /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|OCSP_)/;

/** What a transport's rejection means: its own GitError, TLS, or a server that cannot be reached. */
export function transportFailure(error: unknown, repo: RepoUrl, url: string): GitError {
  const chain = causesOf(error);
  const own = chain.find((cause) => cause instanceof GitError);
  if (own !== undefined) return own;
  const code = chain.map(codeOf).find((found) => found !== undefined) ?? "connection failed";
  const where = `unable to access '${repo.href}/'`;
  const { host } = new URL(url);
  if (!tlsCode.test(code)) {
    const failure = { code: "GIT_UNREACHABLE", reason: code } as const;
    return new GitError(`${where}: ${code} (host ${host})`, failure, { retryable: true, cause: error });
  }
  const detail = chain.find((cause) => codeOf(cause) === code)?.message ?? "";
  const reason = `${code}${detail === "" ? "" : ` (${escapeText(detail, 200)})`}`;
  return new GitError(
    `${where}: server certificate verification failed: ${reason}, host ${host}`,
    { code: "GIT_TLS", reason: code },
    { cause: error },
  );
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 8; cause = cause.cause) {
    chain.push(cause);
    if (cause instanceof AggregateError) chain.push(...cause.errors.filter((inner) => inner instanceof Error));
  }
  return chain;
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
