/**
 * Smart HTTP: `GET URL/info/refs?service=git-upload-pack` for the capabilities, `POST URL/git-upload-pack` for each command, both with `Git-Protocol: version=2`.
 */
import type { Clock } from "../base/index.ts";
import { GitError } from "./git-error.ts";
import { contentTypeFailure, statusFailure, transportFailure } from "./http-failures.ts";
import type { GitLimits } from "./limits.ts";
import type { Credentials, RepoUrl } from "./repo-url.ts";
import { maskUrl } from "./repo-url.ts";
import { escapeText } from "./text.ts";
import { type TransferWatch, watchTransfer } from "./transfer-watch.ts";
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
    await refuseAnswer(answer, exchange.repo, bound !== undefined, "application/x-git-upload-pack-advertisement");
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
  const given = session.credentials !== undefined;
  await refuseAnswer(answer, exchange.repo, given, "application/x-git-upload-pack-result");
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
    throw whyEnded(error, exchange, watch, url);
  }
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of response.body ?? []) {
        traffic.bytesReceived += chunk.length;
        watch.count(chunk.length);
        yield chunk;
      }
    } catch (error) {
      throw whyEnded(error, exchange, watch, url);
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

/** An aborted transfer ends with the reason of the abort, whatever the transport made of it. */
function whyEnded(error: unknown, exchange: Exchange, watch: TransferWatch, url: string): unknown {
  if (exchange.signal.aborted) return exchange.signal.reason;
  return watch.signal.aborted ? watch.signal.reason : transportFailure(error, exchange.repo, url);
}

async function refuseAnswer(answer: Answer, repo: RepoUrl, given: boolean, contentType: string): Promise<void> {
  const { response } = answer;
  const failure =
    response.status === 200 ? contentTypeFailure(response, repo, contentType) : statusFailure(response, repo, given);
  if (failure === undefined) return;
  await answer.discard();
  throw failure;
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
