import { GitError } from "./git-error.ts";
import type { ObjectCache } from "./object-cache.ts";
import { type GitObject, objectId } from "./pack/object.ts";

/** An object that is needed, and where: paths go into messages. */
export interface Needed {
  readonly oid: string;
  readonly path: string;
}

/** What comes with a wanted tree: nothing, all trees below it, or everything below it. */
export type Reach = "alone" | "trees" | "content";

/** Fetches objects by id into memory. `plain`: the whole commit, for servers that give nothing smaller. */
export interface ObjectFetcher {
  fetch(wants: readonly string[], reach: Reach): Promise<ReadonlyMap<string, GitObject> | "refused">;
  fetchPlain(): Promise<ReadonlyMap<string, GitObject>>;
}

/** The objects of one operation: fetched ones first, then the cache. What is used is kept for the next operation. */
export class ObjectSource {
  readonly #scope: string;
  readonly #cache: ObjectCache;
  readonly #fetcher: ObjectFetcher;
  readonly #fetched = new Map<string, GitObject>();
  readonly #used = new Map<string, GitObject>();
  #isPlain = false;
  #fetchedCount = 0;

  constructor(scope: string, cache: ObjectCache, fetcher: ObjectFetcher) {
    this.#scope = scope;
    this.#cache = cache;
    this.#fetcher = fetcher;
  }

  /** Objects received from the server. */
  get fetchedCount(): number {
    return this.#fetchedCount;
  }

  /** An object that is at hand, its hash checked. */
  async get(oid: string): Promise<GitObject | undefined> {
    const used = this.#used.get(oid);
    if (used !== undefined) return used;
    const fetched = this.#fetched.get(oid);
    const object = fetched ?? (await this.#fromCache(oid));
    if (object === undefined) return undefined;
    this.#used.set(oid, object);
    if (fetched !== undefined) {
      await this.#cache.put(this.#scope, oid, fetched).catch(() => {
        // A cache that cannot be written costs a request later, nothing else.
      });
    }
    return object;
  }

  /** An object that `get` has given before. */
  used(oid: string): GitObject | undefined {
    return this.#used.get(oid);
  }

  add(objects: ReadonlyMap<string, GitObject>): void {
    this.#fetchedCount += objects.size;
    for (const [oid, object] of objects) this.#fetched.set(oid, object);
  }

  /**
   * Brings these objects here, in one request if need be; a server that does not give them by id sends the whole commit instead.
   * @throws GitError `GIT_MISSING_OBJECT` naming id and path when the server does not have one.
   */
  async ensure(needed: readonly Needed[], reach: Reach): Promise<void> {
    let missing = await this.#missingOf(needed);
    if (missing.length === 0) return;
    if (!this.#isPlain) {
      const fetched = await this.#fetcher.fetch([...new Set(missing.map(({ oid }) => oid))], reach);
      if (fetched !== "refused") this.add(fetched);
      missing = await this.#missingOf(missing);
    }
    if (missing.length > 0 && !this.#isPlain) {
      this.#isPlain = true;
      this.add(await this.#fetcher.fetchPlain());
      missing = await this.#missingOf(missing);
    }
    const [first] = missing;
    if (first === undefined) return;
    throw new GitError(
      `the server did not send object ${first.oid} of "${first.path}"`,
      { code: "GIT_MISSING_OBJECT", ...first },
      { retryable: true },
    );
  }

  async #missingOf(needed: readonly Needed[]): Promise<Needed[]> {
    const missing: Needed[] = [];
    for (const each of needed) if ((await this.get(each.oid)) === undefined) missing.push(each);
    return missing;
  }

  async #fromCache(oid: string): Promise<GitObject | undefined> {
    const object = await this.#cache.get(this.#scope, oid).catch(() => undefined);
    return object !== undefined && objectId(object) === oid ? object : undefined;
  }
}
