import { GitError, type GitFailureCode } from "./git-error.ts";
import { type Exchange, openSession, type Session, type SmartHttpDeps } from "./smart-http.ts";

/** What a server was seen to refuse; learnt once for as long as its capabilities are kept. */
export interface Abilities {
  /** Filter forms, without their numbers, that it does not take. */
  readonly refusedFilters: Set<string>;
  /** Whether it gives trees and blobs by id. */
  objectWants: boolean;
}

export interface OpenedSession {
  readonly session: Session;
  readonly abilities: Abilities;
}

export interface Sessions {
  /** Runs `work` with the repository's session; one from the cache that no longer fits is opened again, once. */
  use<Result>(exchange: Exchange, work: (opened: OpenedSession) => Promise<Result>): Promise<Result>;
}

/** How long capabilities are believed, in milliseconds. */
const lifeMs = 10 * 60_000;
const maxKept = 1000;
/** Failures that an outdated session explains: moved, made private, credentials changed, server replaced. */
const outdated: ReadonlySet<GitFailureCode> = new Set([
  "GIT_HTTP",
  "GIT_NOT_FOUND",
  "GIT_PROTOCOL",
  "GIT_AUTH",
  "GIT_REDIRECT",
]);

/** Keeps the capability answers, so that a warm process needs one request less per operation. */
export function createSessions(deps: SmartHttpDeps): Sessions {
  const kept = new Map<string, OpenedSession & { readonly until: number }>();
  const open = async (key: string, exchange: Exchange): Promise<OpenedSession> => {
    const session = await openSession(deps, exchange);
    const opened = {
      session,
      abilities: { refusedFilters: new Set<string>(), objectWants: true },
      until: deps.clock.now() + lifeMs,
    };
    const [oldest] = kept.keys();
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
    kept.set(key, opened);
    return opened;
  };
  return {
    use: async (exchange, work) => {
      const { href, credentials } = exchange.repo;
      // By user and password: a session remembers which of them the server took.
      const key = JSON.stringify([href, credentials?.username, credentials?.password, credentials?.force]);
      const known = kept.get(key);
      if (known === undefined || known.until <= deps.clock.now()) return work(await open(key, exchange));
      try {
        return await work(known);
      } catch (error) {
        if (!(error instanceof GitError) || !outdated.has(error.failure.code)) throw error;
        kept.delete(key);
        return work(await open(key, exchange));
      }
    },
  };
}
