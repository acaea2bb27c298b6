import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { setImmediate } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { Agent, buildConnector, fetch } from "undici";
import { type AddressPolicy, classifyAddress } from "./address-policy.ts";
import { GitError } from "./git-error.ts";
import type { GitFetch } from "./transport.ts";

export interface GitTransportOptions {
  /** Which addresses may be connected to; every address of a name is tested and the connection goes to a tested one. */
  readonly allowAddress: AddressPolicy;
  /** Certificates in PEM that are trusted beside the system's. */
  readonly caCerts?: readonly string[];
  /** Hosts (`host` or `host:port`) whose certificates are not checked: kapp-controller's `dangerousSkipTLSVerify`. */
  readonly insecureHosts?: readonly string[];
  /** Milliseconds to connect. Default 10 000 (reliability.md L9). */
  readonly connectTimeoutMs?: number;
  /** All addresses of a name. Default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** A transport with a lifetime: connections are kept alive. */
export interface GitTransport {
  readonly fetch: GitFetch;
  close(): Promise<void>;
}

/** HTTP and HTTPS to git servers, TLS 1.2 or newer, connections kept alive and shared by all repositories of a host. */
export function createGitTransport(options: GitTransportOptions): GitTransport {
  const strict = createAgent(options, true);
  const insecure = createAgent(options, false);
  const isInsecure = (url: URL): boolean =>
    (options.insecureHosts ?? []).some((host) => host === url.hostname || host === url.host);
  return {
    fetch: async (url, request) => {
      const { status, headers, body } = await fetch(url, {
        ...request,
        dispatcher: isInsecure(new URL(url)) ? insecure : strict,
      });
      return { status, headers, body: body === null ? null : givingBack(body) };
    },
    close: async () => {
      await Promise.all([strict.close(), insecure.close()]);
    },
  };
}

/**
 * undici takes a connection for busy until the turn of the event loop after the body has ended: a request sent at once would open, and shake hands on,
 * a second connection. So the end of a body is told one turn later.
 */
async function* givingBack(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield* body;
  await setImmediate();
}

function createAgent(options: GitTransportOptions, rejectUnauthorized: boolean): Agent {
  const connect = buildConnector({
    timeout: options.connectTimeoutMs ?? 10_000,
    rejectUnauthorized,
    minVersion: "TLSv1.2",
    // An abort has to end a transfer: over HTTP/1.1 it ends its connection, while undici's HTTP/2 can run wild.
    allowH2: false,
    lookup: guardedLookup(options),
    ...(options.caCerts === undefined ? {} : { ca: [...getCACertificates("default"), ...options.caCerts] }),
  });
  return new Agent({
    allowH2: false,
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/g, "");
      // A literal address is never looked up: it is tested here.
      const refusal = isIP(host) === 0 ? undefined : refusalOf(options.allowAddress, host, host);
      if (refusal === undefined) connect(target, callback);
      else callback(refusal, null);
    },
  });
}

/** Resolves a name once, tests every address, and hands exactly these to the socket: a rebinding name gets no second answer. */
function guardedLookup(options: GitTransportOptions): LookupFunction {
  const resolve = options.resolve ?? resolveBySystem;
  return (host, lookupOptions, answer) => {
    resolve(host).then(
      (addresses) => {
        const refusal = addresses
          .map(({ address }) => refusalOf(options.allowAddress, host, address))
          .find((error) => error !== undefined);
        const [first] = addresses;
        if (refusal !== undefined) answer(refusal, "", 0);
        else if (first === undefined)
          answer(Object.assign(new Error(`no address for ${host}`), { code: "ENOTFOUND" }), "", 0);
        else if (lookupOptions.all === true) answer(null, [...addresses]);
        else answer(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => answer(error, "", 0),
    );
  };
}

function resolveBySystem(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

function refusalOf(allow: AddressPolicy, host: string, address: string): GitError | undefined {
  const addressClass = classifyAddress(address);
  if (allow(addressClass, address)) return undefined;
  const where = host === address ? address : `${host} (${address})`;
  return new GitError(`${where} is a ${addressClass} address, which may not be connected to`, {
    code: "GIT_ADDRESS",
    host,
    addressClass,
  });
}
