import type { GitObject } from "./pack/object.ts";

/**
 * Objects kept between fetches. `scope` is the repository's URL: an object that one repository gave is never handed to another,
 * for whoever knows an id could otherwise read what he may not fetch.
 * An answer need not be trusted: the client hashes it, and takes a wrong one as absent. Failing calls are taken as absent too.
 */
export interface ObjectCache {
  get(scope: string, oid: string): Promise<GitObject | undefined>;
  put(scope: string, oid: string, object: GitObject): Promise<void>;
}

export interface MemoryObjectCacheOptions {
  /** Content bytes kept at most; the least recently used go first. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** Rough cost of an entry beside its content: keys, map slots, buffer headers. */
const entryOverheadBytes = 256;

/** A bounded cache in memory. */
export function createMemoryObjectCache(options: MemoryObjectCacheOptions = {}): ObjectCache {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  // A Map iterates in insertion order: re-inserting on use keeps the oldest first.
  const entries = new Map<string, GitObject>();
  let bytes = 0;
  const costOf = (object: GitObject): number => object.bytes.length + entryOverheadBytes;
  return {
    get: async (scope, oid) => {
      const key = `${scope}\n${oid}`;
      const object = entries.get(key);
      if (object === undefined) return undefined;
      entries.delete(key);
      entries.set(key, object);
      return object;
    },
    put: async (scope, oid, object) => {
      const key = `${scope}\n${oid}`;
      if (entries.has(key) || costOf(object) > maxBytes) return;
      // A copy: a view would keep the whole buffer that it was cut from.
      entries.set(key, { type: object.type, bytes: new Uint8Array(object.bytes) });
      bytes += costOf(object);
      for (const [oldest, old] of entries) {
        if (bytes <= maxBytes) break;
        entries.delete(oldest);
        bytes -= costOf(old);
      }
    },
  };
}
