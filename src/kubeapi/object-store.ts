/**
 * Where an embedded API keeps its objects. Each operation is one conditional write or one ordered read, so that memory, SQLite and DynamoDB can
 * all hold it (aws.md §7): pk = `type`, sk = `namespace/name`. The suite in test/contract/object-store.ts runs on every adapter.
 */

/** Identity of a stored object. All three parts were validated by the API, but may hold any text that needs no escape in a Kubernetes path. */
export interface ObjectKey {
  /** `<plural>.<group>`, or `<plural>` alone in the core group: `apps.kappctrl.k14s.io`, `configmaps`. The API version is not part of it. */
  readonly type: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export interface StoredObject extends ObjectKey {
  /** JSON text of the object, opaque to the store; without `metadata.resourceVersion`. At most 1.5 MiB, an adapter may allow less. */
  readonly value: string;
  /** The resourceVersion given by the last write: a safe integer above 0. */
  readonly version: number;
  /** The resourceVersion given by the write that created it. */
  readonly createdVersion: number;
}

/** One thing that happened after a resourceVersion. */
export type ObjectChange =
  | {
      readonly type: "put";
      readonly object: StoredObject;
      /** The value that this write replaced, where the store still knows it; absent for a creation. */
      readonly previous?: string;
    }
  | {
      readonly type: "delete";
      /** The object as it was last; `version` is that of the deletion. */
      readonly object: StoredObject;
    };

export interface ObjectPage {
  /** In byte order (UTF-8) of namespace, then name. */
  readonly objects: readonly StoredObject[];
  /** Further objects follow the last one of `objects`. */
  readonly more: boolean;
  /** Every change up to this resourceVersion is visible in the page: the point from which a watch continues. */
  readonly version: number;
}

export interface ObjectStore {
  get(key: ObjectKey): Promise<StoredObject | undefined>;

  /** Objects of one type. `namespace` undefined: of all namespaces. `after`: starts behind this identity. `limit`: default all. */
  list(
    type: string,
    options?: {
      readonly namespace?: string;
      readonly after?: { readonly namespace: string; readonly name: string };
      readonly limit?: number;
    },
  ): Promise<ObjectPage>;

  /**
   * Writes the object if its version is still `ifVersion` (0: if there is none) and answers it with its new version, which is above every
   * version that this type has had, deletions included. `undefined` when the condition failed; nothing is written then.
   */
  put(key: ObjectKey, value: string, ifVersion: number): Promise<StoredObject | undefined>;

  /** Removes the object if its version is still `ifVersion`; answers the version of the deletion, `undefined` when the condition failed. */
  delete(key: ObjectKey, ifVersion: number): Promise<number | undefined>;

  /**
   * What happened to a type after version `since`, oldest first, at most `limit` changes; `version` is that of the last one, or the newest
   * when nothing is left out. A store may leave out changes that a later one of the same object covers.
   * `undefined`: the store has forgotten changes after `since`, or `since` is above all versions it has given.
   */
  changes(
    type: string,
    since: number,
    limit: number,
  ): Promise<{ readonly changes: readonly ObjectChange[]; readonly version: number } | undefined>;

  /** The newest version given. */
  version(): Promise<number>;

  /**
   * Calls `listener` soon after each write of this process; returns the function that ends it. Stores that cannot tell leave it out and
   * are polled. Writes of other processes need not be reported.
   */
  onChange?(listener: (type: string) => void): () => void;
}
