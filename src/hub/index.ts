export type { Hub, HubApps, HubChange, HubOptions, HubSecretVault } from "./hub-door.ts";
export type { HubTokens, Scope, TokenRecord } from "./token-door.ts";
