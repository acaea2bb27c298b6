export { createFileVault } from "./file-vault.ts";
export { type LocalStore, type LocalStoreOptions, openLocalStore } from "./local-store.ts";
export { isUnknownOrigin, loadManifests, type ManifestFault, type ManifestSet } from "./manifests.ts";
export type { DeadLetter, LocalQueue, ReceivedWakeUp } from "./queue.ts";
export { StoreError, type StoreFailure } from "./store-error.ts";
export { VaultError, type VaultFailure } from "./vault-error.ts";
export { watchManifests, type WatchManifestsOptions } from "./watch-manifests.ts";
