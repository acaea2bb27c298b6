import { BlockList } from "node:net";
import { type AddressPolicy, classifyAddress } from "../git/index.ts";

/** Which addresses git servers and run clusters may have: public ones, and what the operator lists (`loopback`, `private`, CIDR ranges). */
export interface AddressRules {
  readonly forGit: AddressPolicy;
  /** `true`, or why not. */
  readonly forClusters: (address: string) => true | string;
}

export function createAddressRules(allowed: readonly string[]): AddressRules {
  const words = new Set(allowed);
  const ranges = new BlockList();
  for (const range of allowed) {
    const [network, bits] = range.split("/");
    if (network !== undefined && bits !== undefined)
      ranges.addSubnet(network, Number(bits), network.includes(":") ? "ipv6" : "ipv4");
  }
  const forGit: AddressPolicy = (addressClass, address) =>
    addressClass === "public" ||
    words.has(addressClass) ||
    ranges.check(address, address.includes(":") ? "ipv6" : "ipv4");
  return {
    forGit,
    forClusters: (address) => {
      const addressClass = classifyAddress(address);
      return (
        forGit(addressClass, address) ||
        `${address} is a ${addressClass} address, which the configuration does not allow (hint: --allow-address)`
      );
    },
  };
}
