import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";
import { connectTls, createConnector, type DialOptions, guardedLookup, literalRefusal } from "./dialer.ts";

/** Limits of the connections to one server; undici's defaults where absent. Times in milliseconds. */
export interface PoolLimits {
  readonly connections: number;
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
  readonly keepAliveTimeout?: number;
}

/** Connections to any number of servers, kept alive. */
export function createAgent(options: DialOptions): Dispatcher {
  return new Agent({ allowH2: options.allowH2, connect: createConnector(options) });
}

/** Connections to one server. */
export function createPool(origin: string, options: DialOptions, limits: PoolLimits): Dispatcher {
  return new Pool(origin, { connect: createConnector(options), allowH2: options.allowH2, ...limits });
}

/** Connections to one server by way of a proxy. */
export interface Proxied {
  readonly dispatcher: Dispatcher;
  /** Set when proxy or server are addresses that may not be connected to: nothing may be sent then. */
  readonly refusal: Error | undefined;
}

/**
 * The proxy is dialled like any server. It resolves the server's name itself and connects where it is asked to, so of the server only a
 * literal address can be tested here.
 */
export function createProxied(proxyUrl: string, origin: string, options: DialOptions, limits: PoolLimits): Proxied {
  const { guard } = options;
  return {
    dispatcher: new ProxyAgent({
      uri: proxyUrl,
      requestTls: connectTls(options.tls ?? {}),
      proxyTls: { lookup: guardedLookup(options) },
      ...limits,
    }),
    refusal: literalRefusal(new URL(proxyUrl).hostname, guard) ?? literalRefusal(new URL(origin).hostname, guard),
  };
}
