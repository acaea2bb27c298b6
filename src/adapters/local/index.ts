export { createFileVault } from "./file-vault.ts";
export { type LocalStore, openLocalStore } from "./local-store.ts";
export { isUnknownOrigin, loadManifests, type ManifestSet } from "./manifests.ts";
export type { LocalQueue, ReceivedWakeUp } from "./queue.ts";
export { StoreError, type StoreFailure } from "./store-error.ts";
export { VaultError, type VaultFailure } from "./vault-error.ts";
export { watchManifests } from "./watch-manifests.ts";
