import { compareCodePoints } from "../resource/index.ts";
import type { ObjectChange, ObjectKey, ObjectStore, StoredObject } from "./object-store.ts";

/** Changes kept for watches before the oldest are forgotten; a watch behind them gets 410 Gone and lists again. */
const defaultMaxChanges = 20_000;

interface Shelf {
  readonly objects: Map<string, StoredObject>;
  /** Keys in byte order; `undefined` after a key came or went. */
  sorted: readonly StoredObject[] | undefined;
  readonly changes: ObjectChange[];
  /** Changes up to this version are forgotten. */
  forgotten: number;
}

/** Objects in memory: for sandboxes and tests. `maxChanges` per type, default 20,000. */
export function createMemoryObjectStore(options: { readonly maxChanges?: number } = {}): ObjectStore {
  const maxChanges = options.maxChanges ?? defaultMaxChanges;
  const shelves = new Map<string, Shelf>();
  const listeners = new Set<(type: string) => void>();
  let version = 0;

  const shelfOf = (type: string): Shelf => {
    let shelf = shelves.get(type);
    if (shelf === undefined) {
      shelf = { objects: new Map(), sorted: undefined, changes: [], forgotten: 0 };
      shelves.set(type, shelf);
    }
    return shelf;
  };
  const record = (shelf: Shelf, change: ObjectChange): void => {
    shelf.changes.push(change);
    // Twice the bound before cutting, so that the cost of the cut is spread over many writes.
    if (shelf.changes.length > 2 * maxChanges) {
      const cut = shelf.changes.splice(0, shelf.changes.length - maxChanges);
      shelf.forgotten = cut.at(-1)?.object.version ?? shelf.forgotten;
    }
    for (const listener of listeners) listener(change.object.type);
  };

  return {
    get: async (key) => shelves.get(key.type)?.objects.get(pathOf(key)),

    list: async (type, { namespace, after, limit } = {}) => {
      const shelf = shelfOf(type);
      shelf.sorted ??= [...shelf.objects.values()].sort(byIdentity);
      const objects: StoredObject[] = [];
      for (const object of shelf.sorted) {
        if (namespace !== undefined && object.namespace !== namespace) continue;
        if (after !== undefined && byIdentity(object, after) <= 0) continue;
        if (limit !== undefined && objects.length === limit) return { objects, more: true, version };
        objects.push(object);
      }
      return { objects, more: false, version };
    },

    put: async (key, value, ifVersion) => {
      const shelf = shelfOf(key.type);
      const path = pathOf(key);
      const before = shelf.objects.get(path);
      if ((before?.version ?? 0) !== ifVersion) return undefined;
      version++;
      const { type, namespace, name } = key;
      const object: StoredObject = {
        type,
        namespace,
        name,
        value,
        version,
        createdVersion: before?.createdVersion ?? version,
      };
      shelf.objects.set(path, object);
      shelf.sorted = undefined;
      record(shelf, { type: "put", object, ...(before !== undefined && { previous: before.value }) });
      return object;
    },

    delete: async (key, ifVersion) => {
      const shelf = shelfOf(key.type);
      const path = pathOf(key);
      const before = shelf.objects.get(path);
      if (before === undefined || before.version !== ifVersion) return undefined;
      version++;
      shelf.objects.delete(path);
      shelf.sorted = undefined;
      record(shelf, { type: "delete", object: { ...before, version } });
      return version;
    },

    changes: async (type, since, limit) => {
      const shelf = shelfOf(type);
      if (since < shelf.forgotten || since > version) return undefined;
      const start = firstAfter(shelf.changes, since);
      const changes = shelf.changes.slice(start, start + limit);
      const complete = start + changes.length === shelf.changes.length;
      return { changes, version: complete ? version : (changes.at(-1)?.object.version ?? since) };
    },

    version: async () => version,

    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A slash is in no namespace or name. */
const pathOf = (key: ObjectKey): string => `${key.namespace}/${key.name}`;

function byIdentity(
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number {
  return compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.name, b.name);
}

/** Index of the first change above `since`: changes are in the order of their versions. */
function firstAfter(changes: readonly ObjectChange[], since: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change !== undefined && change.object.version <= since) low = middle + 1;
    else high = middle;
  }
  return low;
}
