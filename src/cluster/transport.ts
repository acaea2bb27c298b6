import {
  type AddressGuard,
  classifyAddress,
  createPool,
  createProxied,
  type DialOptions,
  type Dispatcher,
  localAddressPolicy,
} from "../dial/index.ts";
import { abortable } from "./abortable.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";

export interface TransportOptions {
  /** Says whether a resolved IP address may be connected to: `true`, or why not. Default: public, private and loopback ones. */
  readonly allowAddress?: ((address: string) => true | string) | undefined;
  /** Longest silence of the server, before and within an answer, in milliseconds. */
  readonly silenceMs: number;
  /** Longest answer in bytes. */
  readonly maxAnswerBytes: number;
  /** Called with each answer: the server, and the bytes of its body as they were received. */
  readonly onAnswer?: ((host: string, bytes: number) => void) | undefined;
}

interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below the server's own path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** HTTP to one API server: one HTTP/2 connection that carries all calls at once, or a few HTTP/1.1 ones. */
export interface Transport {
  /** @throws ClusterError `CLUSTER_UNREACHABLE`, `CLUSTER_TLS`, `CLUSTER_NO_ANSWER`, `CLUSTER_BAD_ANSWER`; `signal.reason` on abort. */
  send(request: TransportRequest): Promise<TransportAnswer>;
  close(): Promise<void>;
}

/** Connections to servers and proxies that only speak HTTP/1.1. */
const http1Connections = 16;
/** Answers that nobody waits for any more get this long before their connection is closed, in milliseconds. */
const lastAnswersMs = 2_000;
/** Idle connections stay for longer than the 30 s between two drift runs. */
const idleMs = 90_000;

/** Nothing is connected before the first call. Redirects are answers like any other: credentials are never carried to another place. */
export function createTransport(access: ClusterAccess, options: TransportOptions): Transport {
  const { origin, pathname, host } = new URL(access.server);
  const basePath = pathname.replace(/\/+$/, "");
  const pools = createPools(access, origin, options);
  const exchanges = new Set<Promise<TransportAnswer>>();
  const exchange = async ({ method, path, headers, body: sent }: TransportRequest): Promise<TransportAnswer> => {
    const answer = await pools.current().request({
      origin,
      path: basePath + path,
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    });
    const body = await readBody(answer, options.maxAnswerBytes);
    options.onAnswer?.(host, body.length);
    const text = body.toString("utf8");
    return { status: answer.statusCode, headers: answer.headers, text };
  };
  return {
    async send(request) {
      const { signal } = request;
      signal?.throwIfAborted();
      // The signal ends the waiting only: undici 8.12 on Node 24 writes empty frames without end, until the memory is full, when an HTTP/2
      // stream is aborted before its body has left. Whatever comes of the call is bounded by the silence limits.
      const answer = exchange(request);
      exchanges.add(answer);
      void answer.then(forget, forget);
      function forget(): void {
        exchanges.delete(answer);
      }
      try {
        return await abortable(answer, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw error instanceof ClusterError ? error : connectionFailure(error, origin, request.method !== "GET");
      }
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, lastAnswersMs);
      });
      await Promise.race([Promise.allSettled(exchanges), late]);
      clearTimeout(timer);
      await pools.close();
    },
  };
}

/** The pool to use now: a single connection until the server turns out to speak HTTP/1.1 only, on which one call would wait for another. */
function createPools(
  access: ClusterAccess,
  origin: string,
  options: TransportOptions,
): { current(): Dispatcher; close(): Promise<void> } {
  const tls = {
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.clientCertificate === undefined
      ? {}
      : { cert: access.clientCertificate.certificate, key: access.clientCertificate.key }),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    rejectUnauthorized: !access.skipTlsVerify,
  };
  const timeouts = { headersTimeout: options.silenceMs, bodyTimeout: options.silenceMs, keepAliveTimeout: idleMs };
  const dial: DialOptions = { guard: guardFor(options.allowAddress ?? allowLocal), tls, allowH2: true };
  if (access.proxyUrl !== undefined) {
    const limits = { connections: http1Connections, ...timeouts };
    const { dispatcher, refusal } = createProxied(access.proxyUrl, origin, dial, limits);
    return {
      current() {
        if (refusal !== undefined) throw refusal;
        return dispatcher;
      },
      close: () => dispatcher.destroy(),
    };
  }
  const open = (connections: number): Dispatcher =>
    createPool(
      origin,
      {
        ...dial,
        onConnected: (protocol) => {
          if (protocol !== undefined && protocol !== "h2") widen();
        },
      },
      { connections, ...timeouts },
    );
  let pool = open(origin.startsWith("https:") ? 1 : http1Connections);
  let narrow: Dispatcher | undefined;
  const widen = (): void => {
    if (narrow !== undefined) return;
    narrow = pool;
    pool = open(http1Connections);
  };
  return {
    current: () => pool,
    async close() {
      await Promise.all([pool.destroy(), narrow?.destroy()]);
    },
  };
}

function allowLocal(address: string): true | string {
  const addressClass = classifyAddress(address);
  return localAddressPolicy(addressClass, address) || `${address} is a ${addressClass} address`;
}

function guardFor(allowAddress: (address: string) => true | string): AddressGuard {
  return ({ host, address }) => {
    const verdict = allowAddress(address);
    if (verdict === true) return undefined;
    return new ClusterError({
      code: "CLUSTER_SERVER_REFUSED",
      message: `the address of ${host.includes(":") ? `[${host}]` : host} is not allowed: ${verdict}`,
    });
  };
}

async function readBody(answer: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    // A body without an encoding yields Buffers.
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > maxBytes) {
      answer.body.destroy();
      throw new ClusterError({
        code: "CLUSTER_BAD_ANSWER",
        message: `the answer is longer than ${maxBytes} bytes`,
        status: answer.statusCode,
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, size);
}

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_PRX_TLS",
]);

function connectionFailure(error: unknown, origin: string, isWrite: boolean): ClusterError {
  const code = codeOf(error);
  const detail = error instanceof Error && error.message !== "" ? error.message : code || "connection failed";
  if (error instanceof Error && error.cause instanceof ClusterError) return error.cause;
  if (isTlsCode(code)) {
    return new ClusterError({
      code: "CLUSTER_TLS",
      message: `${origin}: no trusted TLS connection: ${detail}`,
      cause: error,
    });
  }
  if (unreachableCodes.has(code)) {
    return new ClusterError({
      code: "CLUSTER_UNREACHABLE",
      message: `${origin} cannot be reached: ${detail}`,
      retryable: true,
      cause: error,
    });
  }
  return new ClusterError({
    code: "CLUSTER_NO_ANSWER",
    message: `${origin} did not answer: ${detail}`,
    retryable: true,
    outcomeUnknown: isWrite && !isUnprocessed(detail),
    cause: error,
  });
}

/**
 * HTTP/2 says of some streams that the server has not looked at them (RFC 9113 §8.7). undici sends each of these again once by itself and
 * then tells only by its text; a test holds on to that.
 */
function isUnprocessed(detail: string): boolean {
  return detail.includes('"GOAWAY" frame received') || detail.includes("REFUSED_STREAM");
}

/** Codes of Node and OpenSSL for certificates that either side does not accept. */
function isTlsCode(code: string): boolean {
  return /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // All addresses of a name failed: the first failure speaks for them.
  return code === "" && error instanceof AggregateError ? codeOf(error.errors[0]) : code;
}
