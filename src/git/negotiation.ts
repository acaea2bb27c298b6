import type { Clock } from "../base/index.ts";
import { GitError, gitFailure } from "./git-error.ts";
import type { GitLimits } from "./limits.ts";
import type { ObjectFetcher, Reach } from "./object-source.ts";
import { retryTransient } from "./operation.ts";
import type { GitObject } from "./pack/object.ts";
import { readPack } from "./pack/pack.ts";
import type { Abilities, Sessions } from "./sessions.ts";
import { type Exchange, runCommand, type SmartHttpDeps } from "./smart-http.ts";
import { hasFeature } from "./wire/capabilities.ts";
import { encodeFetch, type FetchRequest, readFetchResponse } from "./wire/fetch.ts";
import { readPackets } from "./wire/pkt-line.ts";

interface FetcherContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: SmartHttpDeps;
  readonly sessions: Sessions;
  readonly limits: GitLimits;
}

export interface CommitFetcher extends ObjectFetcher {
  /** The commit with its root tree (`levels` 1), the trees below it too (2), or all its files. */
  fetchCommit(reach: { readonly levels: 1 | 2 } | "content"): Promise<ReadonlyMap<string, GitObject>>;
  /** The commit and those before it, without their trees; `depth` of them in a row, absent: all. */
  fetchHistory(depth: number | undefined): Promise<ReadonlyMap<string, GitObject> | "refused">;
}

type Objects = ReadonlyMap<string, GitObject>;

/**
 * Asks for objects of one commit in the smallest form that the server takes. Servers differ: some allow no filter, some only `tree:0`, some give no tree
 * or blob by id. What one refuses is remembered with its session; the last form, a plain depth-1 fetch, works everywhere and leaves a note.
 */
export function createObjectFetcher(
  context: FetcherContext,
  exchange: Exchange,
  commit: string,
  notes: string[],
): CommitFetcher {
  // Larger blobs stay away; asking for one by id then fails by the name of the limit.
  const sizeFilter = `blob:limit=${context.limits.maxBlobBytes + 1}`;
  const fetchPlain = async (): Promise<Objects> => {
    const before = exchange.traffic.bytesReceived;
    const objects = (await request(context, exchange, () => ({ wants: [commit], depth: 1 }))) ?? new Map();
    notes.push(
      `${exchange.repo.href} gives no part of a commit: all of it was fetched (${objects.size} objects, ${exchange.traffic.bytesReceived - before} bytes)`,
    );
    return objects;
  };
  const filtersFor: Readonly<Record<Reach, readonly string[]>> = {
    alone: ["tree:0", "blob:none"],
    trees: ["blob:none"],
    content: [sizeFilter, "blob:none"],
  };
  return {
    fetchPlain,
    fetchCommit: async (reach) => {
      const forms = reach === "content" ? [sizeFilter] : [`tree:${reach.levels}`, "tree:0", "blob:none"];
      const answer = await firstTaken(context, exchange, forms, (filter) => ({ wants: [commit], depth: 1, filter }));
      return answer === "refused" ? fetchPlain() : answer;
    },
    fetchHistory: (depth) =>
      firstTaken(context, exchange, ["tree:0"], (filter) => ({
        wants: [commit],
        filter,
        ...(depth === undefined ? {} : { depth }),
      })),
    fetch: async (wants, reach) => {
      try {
        return await firstTaken(context, exchange, filtersFor[reach], (filter, { objectWants }) =>
          objectWants ? { wants, filter } : undefined,
        );
      } catch (error) {
        const gone = gitFailure(error, "GIT_NOT_OUR_REF");
        if (gone === undefined || !wants.includes(gone.oid)) throw error;
        await context.sessions.use(exchange, async ({ abilities }) => {
          abilities.objectWants = false;
        });
        return "refused";
      }
    },
  };
}

/** Tries the filters in turn; `refused` when the server takes none of them. */
async function firstTaken(
  context: FetcherContext,
  exchange: Exchange,
  filters: readonly string[],
  requestWith: (filter: string, abilities: Abilities) => FetchRequest | undefined,
): Promise<Objects | "refused"> {
  for (const filter of filters) {
    const answer = await request(context, exchange, (abilities, canFilter) => {
      if (!canFilter || abilities.refusedFilters.has(formOf(filter))) return undefined;
      return requestWith(filter, abilities);
    }).catch(async (error: unknown) => {
      const refusal = gitFailure(error, "GIT_REMOTE");
      if (refusal === undefined || !/filter/i.test(refusal.text)) throw error;
      await context.sessions.use(exchange, async ({ abilities }) => {
        abilities.refusedFilters.add(formOf(filter));
      });
      return undefined;
    });
    if (answer !== undefined) return answer;
  }
  return "refused";
}

/** Filters that a server takes or refuses together. */
function formOf(filter: string): string {
  if (filter.startsWith("blob:limit=")) return "blob:limit";
  return /^tree:[1-9]/.test(filter) ? "tree:n" : filter;
}

/** One fetch; `undefined` when `requestFor` finds no form for this server, then nothing is sent. */
async function request(
  context: FetcherContext,
  exchange: Exchange,
  requestFor: (abilities: Abilities, canFilter: boolean) => FetchRequest | undefined,
): Promise<Objects | undefined> {
  return retryTransient(context, exchange.signal, () =>
    context.sessions.use(exchange, async ({ session, abilities }) => {
      if (!hasFeature(session.capabilities, "fetch", "shallow")) {
        throw new GitError(`${exchange.repo.href} has no shallow fetch of protocol v2`, { code: "GIT_PROTOCOL" });
      }
      const fetchRequest = requestFor(abilities, hasFeature(session.capabilities, "fetch", "filter"));
      if (fetchRequest === undefined) return undefined;
      const pack = await runCommand(context.http, exchange, session, encodeFetch(fetchRequest), (chunks) =>
        readFetchResponse(readPackets(chunks), context.limits),
      );
      return readPack(pack, context.limits);
    }),
  );
}
