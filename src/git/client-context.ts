import type { Clock, Log } from "../base/index.ts";
import type { GitStats } from "./git-client.ts";
import type { GitLimits } from "./limits.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { Sessions } from "./sessions.ts";
import type { SmartHttpDeps, Traffic } from "./smart-http.ts";

/** What the operations of one client share. */
export interface ClientContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: SmartHttpDeps;
  readonly limits: GitLimits;
  readonly sessions: Sessions;
  readonly objects: ObjectCache;
  readonly log: Log;
  /** Scope → the root tree last read. */
  readonly roots: Map<string, string>;
  /** Scope and subPath → the tree last read there. */
  readonly remembered: Map<string, string>;
  /** Scope, commit, depth and tags → description. */
  readonly descriptions: Map<string, string | undefined>;
}

export function statsOf(traffic: Traffic, objects: number): GitStats {
  return { ...traffic, objects };
}

/** Sets the newest entry of a bounded map, dropping the oldest. */
export function rememberIn<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
