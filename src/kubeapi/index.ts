export { createMemoryObjectStore } from "./memory-object-store.ts";
export type { ObjectChange, ObjectKey, ObjectPage, ObjectStore, StoredObject } from "./object-store.ts";
