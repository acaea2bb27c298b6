/**
 * Smart HTTP: `GET URL/info/refs?service=git-upload-pack` for the capabilities, `POST URL/git-upload-pack` for each command, both with `Git-Protocol: version=2`.
 */
import type { Clock } from "../base/index.ts";
import { GitError, limitError } from "./git-error.ts";
import type { GitLimits } from "./limits.ts";
import type { Credentials, RepoUrl } from "./repo-url.ts";
import { maskUrl } from "./repo-url.ts";
import { escapeText } from "./text.ts";
import type { GitFetch, GitRequest, GitResponse } from "./transport.ts";
import { type Capabilities, readCapabilities } from "./wire/capabilities.ts";
import { readPackets } from "./wire/pkt-line.ts";

export interface SmartHttpDeps {
  readonly fetch: GitFetch;
  readonly clock: Clock;
  readonly limits: GitLimits;
}

/** What one operation has cost so far. */
export interface Traffic {
  requests: number;
  /** Body bytes received, after content decoding. */
  bytesReceived: number;
}

/** One operation on one repository: who asks, what it may cost. */
export interface Exchange {
  readonly repo: RepoUrl;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
}

/** Where commands go and what the server can do. */
export interface Session {
  readonly base: string;
  readonly capabilities: Capabilities;
  /** Absent when the server is open, or refused them and is open without. */
  readonly credentials?: Credentials;
}

const maxRedirects = 3;
/** Bytes of an unwanted body that are read to keep the connection; longer ones close it. */
const maxDrained = 16_384;
/** Seconds of a Retry-After header that are believed. */
const maxRetryAfterSeconds = 3600;

/**
 * Asks for the capabilities, following redirects inside the origin (a renamed repository) and from http to https of the same host.
 * @throws GitError `GIT_PROTOCOL`, `GIT_AUTH`, `GIT_NOT_FOUND`, `GIT_BUSY`, `GIT_HTTP`, `GIT_REDIRECT`, `GIT_TLS`, `GIT_UNREACHABLE`, `GIT_ADDRESS`.
 */
export async function openSession(deps: SmartHttpDeps, exchange: Exchange): Promise<Session> {
  const { credentials } = exchange.repo;
  try {
    return await openSessionAs(deps, exchange, credentials);
  } catch (error) {
    const refused = error instanceof GitError && error.failure.code === "GIT_AUTH" && credentials !== undefined;
    if (!refused || credentials.force === true) throw error;
    try {
      return await openSessionAs(deps, exchange, undefined);
    } catch {
      // Not open either: the refusal of the credentials is what the user must know.
      throw error;
    }
  }
}

async function openSessionAs(
  deps: SmartHttpDeps,
  exchange: Exchange,
  credentials: Credentials | undefined,
): Promise<Session> {
  const suffix = "/info/refs?service=git-upload-pack";
  let url = `${exchange.repo.href}${suffix}`;
  for (let hops = 0; ; hops++) {
    // Bound to scheme, host and port: after a redirect to another origin nothing is sent.
    const bound = new URL(url).origin === exchange.repo.origin ? credentials : undefined;
    const answer = await send(deps, exchange, url, { method: "GET", headers: headersFor(bound) });
    if (isRedirect(answer.response.status)) {
      const location = answer.response.headers.get("location");
      await answer.discard();
      url = redirectTarget(url, location, exchange.repo, hops);
      continue;
    }
    await refuseStatus(answer, exchange.repo, bound !== undefined);
    await refuseContentType(answer, exchange.repo, "application/x-git-upload-pack-advertisement");
    const capabilities = await readCapabilities(readPackets(answer.chunks()));
    if ((capabilities.get("object-format") ?? "sha1").split(" ").includes("sha1") === false) {
      throw new GitError(
        `${exchange.repo.href} uses the object format ${escapeText(capabilities.get("object-format") ?? "", 40)}, lateen reads sha1`,
        {
          code: "GIT_UNSUPPORTED",
          what: "sha256",
        },
      );
    }
    return {
      base: url.slice(0, -suffix.length),
      capabilities,
      ...(bound === undefined ? {} : { credentials: bound }),
    };
  }
}

/**
 * Sends one command and hands its answer, as chunks, to `read`. A redirect is an error here: bodies are not sent twice.
 * @throws what `openSession` and `read` throw.
 */
export async function runCommand<Result>(
  deps: SmartHttpDeps,
  exchange: Exchange,
  session: Session,
  body: Uint8Array,
  read: (chunks: AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  const answer = await send(deps, exchange, `${session.base}/git-upload-pack`, {
    method: "POST",
    headers: {
      ...headersFor(session.credentials),
      "content-type": "application/x-git-upload-pack-request",
      accept: "application/x-git-upload-pack-result",
    },
    // A fresh copy over a plain buffer is what request bodies are typed as.
    body: new Uint8Array(body),
  });
  if (isRedirect(answer.response.status)) {
    const location = answer.response.headers.get("location");
    await answer.discard();
    throw redirectError(session.base, location ?? "", "a command was redirected");
  }
  await refuseStatus(answer, exchange.repo, session.credentials !== undefined);
  await refuseContentType(answer, exchange.repo, "application/x-git-upload-pack-result");
  return read(answer.chunks());
}

interface Answer {
  readonly response: GitResponse;
  /** The body, counted and watched; to be read once. */
  chunks(): AsyncGenerator<Uint8Array, void, void>;
  discard(): Promise<void>;
}

async function send(
  deps: SmartHttpDeps,
  exchange: Exchange,
  url: string,
  request: Pick<GitRequest, "method" | "headers" | "body">,
): Promise<Answer> {
  const { clock, limits } = deps;
  const { traffic } = exchange;
  exchange.signal.throwIfAborted();
  const watch = watchTransfer(clock, limits, exchange.signal, maskUrl(url));
  traffic.requests++;
  let response: GitResponse;
  try {
    response = await deps.fetch(url, { ...request, redirect: "manual", signal: watch.signal });
  } catch (error) {
    watch.stop();
    throw translate(error, exchange, watch, url);
  }
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of response.body ?? []) {
        traffic.bytesReceived += chunk.length;
        watch.count(chunk.length);
        yield chunk;
      }
    } catch (error) {
      throw translate(error, exchange, watch, url);
    } finally {
      watch.stop();
    }
  }
  const discard = async (): Promise<void> => {
    let read = 0;
    for await (const chunk of chunks()) if ((read += chunk.length) > maxDrained) break;
  };
  return { response, chunks, discard };
}

interface TransferWatch {
  readonly signal: AbortSignal;
  count(bytes: number): void;
  stop(): void;
}

/** Ends a transfer that stalls (idle) or drips (rate over the last idle period); looks once a second. */
function watchTransfer(clock: Clock, limits: GitLimits, outer: AbortSignal, url: string): TransferWatch {
  const stopped = new AbortController();
  const failed = new AbortController();
  let lastByteAt = clock.now();
  let windowStart: number | undefined;
  let windowBytes = 0;
  const look = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(Math.min(1000, limits.idleMs), stopped.signal);
      const now = clock.now();
      if (now - lastByteAt >= limits.idleMs) {
        failed.abort(slow(limitError("idleMs", limits.idleMs, `${url} sent nothing for ${now - lastByteAt} ms`)));
        return;
      }
      if (windowStart === undefined || now - windowStart < limits.idleMs) continue;
      if ((windowBytes * 1000) / (now - windowStart) < limits.minBytesPerSecond) {
        failed.abort(slow(limitError("minBytesPerSecond", limits.minBytesPerSecond, `${url} sends too slowly`)));
        return;
      }
      windowStart = now;
      windowBytes = 0;
    }
  };
  look().catch(() => {
    // The sleep was aborted by stop(): the transfer is over.
  });
  return {
    signal: AbortSignal.any([outer, failed.signal]),
    count: (bytes) => {
      lastByteAt = clock.now();
      windowStart ??= lastByteAt;
      windowBytes += bytes;
    },
    stop: () => stopped.abort(),
  };
}

/** The same limit error, marked as worth another try. */
function slow(error: GitError): GitError {
  return new GitError(error.message, error.failure, { retryable: true });
}

function headersFor(credentials: Credentials | undefined): Record<string, string> {
  const headers: Record<string, string> = { "git-protocol": "version=2", "user-agent": "git/lateen" };
  if (credentials !== undefined) {
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    headers["authorization"] = `Basic ${pair}`;
  }
  return headers;
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function redirectTarget(from: string, location: string | null, repo: RepoUrl, hops: number): string {
  if (location === null || !URL.canParse(location, from))
    throw redirectError(from, location ?? "", "to no valid address");
  const target = new URL(location, from);
  const source = new URL(from);
  const upgrade =
    source.protocol === "http:" &&
    target.protocol === "https:" &&
    source.hostname === target.hostname &&
    source.port === "" &&
    target.port === "";
  if (target.origin !== source.origin && !upgrade) {
    throw redirectError(
      source.origin,
      target.origin,
      `to another origin: use ${target.origin} in the App if that is right`,
    );
  }
  if (target.href === source.href) throw redirectError(from, target.href, "to itself");
  if (hops >= maxRedirects) throw redirectError(repo.href, target.href, `more than ${maxRedirects} times`);
  if (
    !target.pathname.endsWith("/info/refs") ||
    target.search !== "?service=git-upload-pack" ||
    target.username !== ""
  ) {
    throw redirectError(from, target.href, "to something that is no git repository");
  }
  return target.href;
}

function redirectError(from: string, to: string, why: string): GitError {
  const [source, target] = [maskUrl(from), maskUrl(to)];
  return new GitError(`${source} redirects ${why} (${target})`, { code: "GIT_REDIRECT", from: source, to: target });
}

async function refuseStatus(answer: Answer, repo: RepoUrl, given: boolean): Promise<void> {
  const { status, headers } = answer.response;
  if (status === 200) return;
  await answer.discard();
  const where = repo.href;
  if (status === 401 || status === 403) {
    const message = given
      ? `Authentication failed for '${where}/'`
      : `could not read Username for '${repo.origin}': no credentials are given`;
    throw new GitError(`${message} (HTTP ${status})`, { code: "GIT_AUTH", status, given });
  }
  if (status === 404 || status === 410)
    throw new GitError(`repository '${where}/' not found (HTTP ${status})`, { code: "GIT_NOT_FOUND" });
  if (status === 429 || status === 503) {
    const retryAfterMs = retryAfter(headers.get("retry-after"));
    throw new GitError(
      `${where} is busy (HTTP ${status})${retryAfterMs === undefined ? "" : `, asks to come back in ${retryAfterMs / 1000} s`}`,
      { code: "GIT_BUSY", status },
      { retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    );
  }
  throw new GitError(
    `unable to access '${where}/': HTTP ${status}`,
    { code: "GIT_HTTP", status },
    { retryable: status >= 500 },
  );
}

/** Only the form in seconds: a date would need the server's clock to agree with ours. */
function retryAfter(header: string | null): number | undefined {
  if (header === null || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), maxRetryAfterSeconds) * 1000;
}

async function refuseContentType(answer: Answer, repo: RepoUrl, want: string): Promise<void> {
  const found = (answer.response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (found === want) return;
  await answer.discard();
  throw new GitError(
    `${repo.href} does not answer with git protocol v2: content type "${escapeText(found, 80)}" instead of ${want}`,
    { code: "GIT_PROTOCOL" },
  );
}

/** Codes of Node and OpenSSL for a certificate or handshake that is not right. */
const tlsCode =
  /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|OCSP_)/;

function translate(error: unknown, exchange: Exchange, watch: TransferWatch, url: string): unknown {
  if (exchange.signal.aborted) return exchange.signal.reason;
  if (watch.signal.aborted) return watch.signal.reason;
  const chain = causesOf(error);
  const own = chain.find((cause) => cause instanceof GitError);
  if (own !== undefined) return own;
  const code = chain.map(codeOf).find((found) => found !== undefined) ?? "connection failed";
  const where = `unable to access '${exchange.repo.href}/'`;
  if (tlsCode.test(code)) {
    const detail = chain.find((cause) => codeOf(cause) === code)?.message ?? "";
    const reason = `server certificate verification failed: ${code}${detail === "" ? "" : ` (${escapeText(detail, 200)})`}`;
    return new GitError(
      `${where}: ${reason}, host ${new URL(url).host}`,
      { code: "GIT_TLS", reason: code },
      { cause: error },
    );
  }
  return new GitError(
    `${where}: ${code} (host ${new URL(url).host})`,
    { code: "GIT_UNREACHABLE", reason: code },
    { retryable: true, cause: error },
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
  return "code" in error && typeof error.code === "string" && error.code !== "UND_ERR" ? error.code : undefined;
}
