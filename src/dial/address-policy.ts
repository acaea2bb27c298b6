import { BlockList, isIP } from "node:net";

/** What kind of place an address is. */
export type AddressClass =
  | "public"
  | "private"
  | "loopback"
  | "link-local"
  | "metadata"
  | "multicast"
  | "unspecified"
  | "reserved";

/** Whether a connection to an address of this class may be made. */
export type AddressPolicy = (addressClass: AddressClass, address: string) => boolean;

/** For a developer's machine: everything but the cloud's metadata services, multicast and addresses that are none. */
export const localAddressPolicy: AddressPolicy = (addressClass) =>
  addressClass === "public" || addressClass === "private" || addressClass === "loopback";

/** For functions: a function's runtime API lives on loopback and its keys at the metadata address (reliability.md T5, B18). */
export const cloudAddressPolicy: AddressPolicy = (addressClass) => addressClass === "public";

/**
 * Public addresses, and what an operator lists: the words `loopback` and `private`, and ranges (`10.1.0.0/16`, `fd00::/8`). Link-local,
 * metadata, multicast, unspecified and reserved addresses have no word: they take a range that names them.
 */
export function listedAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const words: ReadonlySet<string> = new Set(allowed.filter((word) => word === "loopback" || word === "private"));
  const listed = new BlockList();
  for (const range of allowed) {
    const [network, bits] = range.split("/");
    if (network !== undefined && bits !== undefined)
      listed.addSubnet(network, Number(bits), network.includes(":") ? "ipv6" : "ipv4");
  }
  return (addressClass, address) =>
    addressClass === "public" ||
    words.has(addressClass) ||
    listed.check(address, address.includes(":") ? "ipv6" : "ipv4");
}

const ranges: readonly (readonly [AddressClass, readonly string[]])[] = [
  // IPv4 and IPv6 addresses of the metadata services of the large clouds, and of the credentials endpoints of containers.
  [
    "metadata",
    [
      "169.254.169.254/32",
      "169.254.170.2/32",
      "169.254.170.23/32",
      "fd00:ec2::254/128",
      "fd00:ec2::23/128",
      "100.100.100.200/32",
    ],
  ],
  ["unspecified", ["0.0.0.0/8", "::/128"]],
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"]],
  ["multicast", ["224.0.0.0/4", "ff00::/8"]],
  [
    "reserved",
    [
      "192.0.0.0/24",
      "192.0.2.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
      "2001:db8::/32",
      "100::/64",
    ],
  ],
];

const lists = ranges.map(([addressClass, subnets]) => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", bits = ""] = subnet.split("/");
    list.addSubnet(network, Number(bits), network.includes(":") ? "ipv6" : "ipv4");
  }
  return [addressClass, list] as const;
});

/** The class of a textual IP address; IPv4 inside IPv6 (mapped, NAT64, 6to4) counts as the IPv4 address that it leads to. */
export function classifyAddress(address: string): AddressClass {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  const version = isIP(bare);
  if (version === 0) return "reserved";
  const embedded = version === 6 ? embeddedIpv4(bare) : undefined;
  if (embedded !== undefined) return classifyAddress(embedded);
  const family = version === 4 ? "ipv4" : "ipv6";
  return lists.find(([, list]) => list.check(bare, family))?.[0] ?? "public";
}

function embeddedIpv4(address: string): string | undefined {
  // The URL parser writes every IPv6 address in one form, dotted quads as hex digits.
  const groups = expandIpv6(new URL(`http://[${address}]/`).hostname.slice(1, -1));
  const at = (index: number): number => groups[index] ?? 0;
  const quad = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const zeroUpTo = (count: number): boolean => groups.slice(0, count).every((group) => group === 0);
  if (zeroUpTo(5) && at(5) === 0xffff) return quad(at(6), at(7));
  if (zeroUpTo(6) && (at(6) !== 0 || at(7) > 1)) return quad(at(6), at(7));
  if (at(0) === 0x64 && at(1) === 0xff9b) return quad(at(6), at(7));
  if (at(0) === 0x2002) return quad(at(1), at(2));
  return undefined;
}

function expandIpv6(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const left = parse(head);
  const right = tail === undefined ? [] : parse(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
