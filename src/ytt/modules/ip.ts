import { StarlarkFailure, Tuple, type Value } from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { getter, type ModuleMembers, moduleOf, oneString } from "./builtin.ts";
import { type Address, AddressFault, formatAddress, isMappedV4, maskAddress, parseAddress } from "./ip-address.ts";
import { TypedStruct } from "./typed-struct.ts";

/** `@ytt:ip`. */
export const ipModule: ModuleMembers = moduleOf("ip", {
  parse_addr: yttFunction("ip.parse_addr", (args, _kwargs, context) => {
    const text = oneString(args, context);
    const address = addressWithoutZone(text);
    if (address === undefined) throw new StarlarkFailure(`invalid IP address: ${text}`);
    return addressValue(address.bytes);
  }),
  parse_cidr: yttFunction("ip.parse_cidr", (args, _kwargs, context) => {
    const text = oneString(args, context);
    const [, host = "", bits = ""] = /^([^/]*)\/([0-9]+)$/.exec(text) ?? [];
    const address = addressWithoutZone(host);
    const width = address?.isV4 === true ? 32 : 128;
    if (address === undefined || Number(bits) > width) throw new StarlarkFailure(`invalid CIDR address: ${text}`);
    return new Tuple([addressValue(address.bytes), networkValue(address.bytes, Number(bits) + 128 - width)]);
  }),
});

function addressWithoutZone(text: string): Address | undefined {
  try {
    const address = parseAddress(text);
    return address.zone === "" ? address : undefined;
  } catch (error) {
    if (error instanceof AddressFault) return undefined;
    throw error;
  }
}

function addressValue(bytes: readonly number[]): Value {
  return new TypedStruct("ip.addr", {
    is_ipv4: getter("ip.addr.is_ipv4", () => isMappedV4(bytes)),
    is_ipv6: getter("ip.addr.is_ipv6", () => !isMappedV4(bytes)),
    string: getter("ip.addr.string", () => formatAddress(bytes)),
  });
}

/** @param bits Of 128, also for IPv4. */
function networkValue(host: readonly number[], bits: number): Value {
  const bytes = maskAddress(host, bits);
  return new TypedStruct("ip.net", {
    addr: getter("ip.net.addr", () => addressValue(bytes)),
    string: getter("ip.net.string", () => `${formatAddress(bytes)}/${isMappedV4(bytes) ? bits - 96 : bits}`),
  });
}
