export { createHub } from "./hub.ts";
export type { Hub, HubApps, HubChange, HubOptions, HubSecretVault } from "./hub-door.ts";
export { HubError } from "./hub-error.ts";
export { kubeconfigFor, type KubeconfigOptions } from "./kubeconfig.ts";
export { type HubTokens, type Scope, scopes, type TokenRecord } from "./token-door.ts";
