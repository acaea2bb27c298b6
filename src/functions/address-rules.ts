import { type AddressPolicy, classifyAddress, listedAddressPolicy } from "../dial/index.ts";

/** Which addresses git servers and run clusters may have: public ones, and what the operator lists (`loopback`, `private`, CIDR ranges). */
export interface AddressRules {
  readonly forGit: AddressPolicy;
  /** `true`, or why not. */
  readonly forClusters: (address: string) => true | string;
}

export function createAddressRules(allowed: readonly string[]): AddressRules {
  const forGit = listedAddressPolicy(allowed);
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
