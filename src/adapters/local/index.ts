export { createFileVault } from "./file-vault.ts";
export { type LocalStore, type LocalStoreOptions, openLocalStore } from "./local-store.ts";
export type { DeadLetter, LocalQueue, ReceivedWakeUp } from "./queue.ts";
export { StoreError, type StoreFailure } from "./store-error.ts";
export { VaultError, type VaultFailure } from "./vault-error.ts";
