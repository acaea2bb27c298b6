export {
  type AddressClass,
  type AddressPolicy,
  classifyAddress,
  cloudAddressPolicy,
  listedAddressPolicy,
  localAddressPolicy,
} from "./address-policy.ts";
export type { AddressGuard, DialOptions, DialTls, Resolve } from "./dialer.ts";
export { createAgent, createPool, createProxied, type PoolLimits, type Proxied } from "./dispatchers.ts";
/** undici's own, for its `dispatcher` option. */
export { type Dispatcher, fetch } from "undici";
