import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { type AddressClass, classifyAddress } from "./address-policy.ts";

/**
 * Says whether `address`, which `host` has or is, may be connected to: `undefined`, or the error that the connection fails with.
 * Rooms give their own error, so that its text and code are theirs.
 */
export type AddressGuard = (target: {
  readonly host: string;
  readonly address: string;
  readonly addressClass: AddressClass;
}) => Error | undefined;

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Whom to trust, and as whom to come, in TLS. PEM texts. */
export interface DialTls {
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

export interface DialOptions {
  readonly guard: AddressGuard;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined;
  readonly tls?: DialTls;
  /** Whether HTTP/2 is offered in TLS. */
  readonly allowH2: boolean;
  /** Milliseconds to connect. Default 10 000 (reliability.md L9). */
  readonly connectTimeoutMs?: number | undefined;
  /** Called with the protocol that each new connection speaks: `h2`, `http/1.1`, or `undefined` without TLS. */
  readonly onConnected?: (protocol: string | undefined) => void;
}

const defaultConnectTimeoutMs = 10_000;

/**
 * Opens connections for undici: a name is resolved once, every address that it has is tested, and the connection goes to a tested one
 * (reliability.md T5). A literal address, however it is spelled, is tested as well.
 */
export function createConnector(options: DialOptions): buildConnector.connector {
  const connect = buildConnector({
    ...connectTls(options.tls ?? {}),
    allowH2: options.allowH2,
    timeout: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    lookup: guardedLookup(options),
  });
  return (target, callback) => {
    const refusal = literalRefusal(target.hostname, options.guard);
    if (refusal !== undefined) {
      callback(refusal, null);
      return;
    }
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) options.onConnected?.(protocolOf(socket));
      callback(...result);
    });
  };
}

/** A server that negotiates nothing in TLS speaks HTTP/1.1. */
function protocolOf(socket: Socket | TLSSocket): string | undefined {
  return "alpnProtocol" in socket ? socket.alpnProtocol || "http/1.1" : undefined;
}

/** undici's types want a list that may be written to. */
export function connectTls({ ca, ...tls }: DialTls): Omit<DialTls, "ca"> & { ca?: string | string[] } {
  return { ...tls, ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }) };
}

/** The guard's answer about a host that is an address itself: such a host is never looked up. */
export function literalRefusal(hostname: string, guard: AddressGuard): Error | undefined {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? undefined : guard({ host, address: host, addressClass: classifyAddress(host) });
}

/** Resolves a name once, tests every address, and hands exactly these to the socket: a rebinding name gets no second answer. */
export function guardedLookup({
  guard,
  resolve = resolveBySystem,
}: Pick<DialOptions, "guard" | "resolve">): LookupFunction {
  return (host, lookupOptions, answer) => {
    resolve(host).then(
      (addresses) => {
        const refusal = addresses
          .map(({ address }) => guard({ host, address, addressClass: classifyAddress(address) }))
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
