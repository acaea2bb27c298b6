import { setImmediate } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import {
  type AddressGuard,
  type AddressPolicy,
  createAgent,
  type Dispatcher,
  fetch,
  type Resolve,
} from "../dial/index.ts";
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
  readonly resolve?: Resolve;
}

/** A transport with a lifetime: connections are kept alive. */
export interface GitTransport {
  readonly fetch: GitFetch;
  close(): Promise<void>;
}

/** HTTP and HTTPS to git servers, TLS 1.2 or newer, connections kept alive and shared by all repositories of a host. */
export function createGitTransport(options: GitTransportOptions): GitTransport {
  const strict = agentOf(options, true);
  const insecure = agentOf(options, false);
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

function agentOf(options: GitTransportOptions, rejectUnauthorized: boolean): Dispatcher {
  return createAgent({
    guard: guardFor(options.allowAddress),
    resolve: options.resolve,
    connectTimeoutMs: options.connectTimeoutMs,
    // An abort has to end a transfer: over HTTP/1.1 it ends its connection, while undici's HTTP/2 can run wild.
    allowH2: false,
    tls: {
      rejectUnauthorized,
      minVersion: "TLSv1.2",
      ...(options.caCerts === undefined ? {} : { ca: [...getCACertificates("default"), ...options.caCerts] }),
    },
  });
}

function guardFor(allow: AddressPolicy): AddressGuard {
  return ({ host, address, addressClass }) => {
    if (allow(addressClass, address)) return undefined;
    const where = host === address ? address : `${host} (${address})`;
    return new GitError(`${where} is a ${addressClass} address, which may not be connected to`, {
      code: "GIT_ADDRESS",
      host,
      addressClass,
    });
  };
}
