import { type Clock, type Log, silentLog } from "../base/index.ts";
import { type ClientContext, statsOf } from "./client-context.ts";
import { describe } from "./describe-on-server.ts";
import type { GitCallOptions, GitClient } from "./git-client.ts";
import { type GitLimits, gitLimits } from "./limits.ts";
import { createMemoryObjectCache, type ObjectCache } from "./object-cache.ts";
import { withinTotal } from "./operation.ts";
import { directoryAt, readTrees } from "./read-trees.ts";
import { parseRepoUrl, type Repository } from "./repo-url.ts";
import { listRefs, resolveRef } from "./resolve-on-server.ts";
import { createSessions } from "./sessions.ts";
import type { Exchange, SmartHttpDeps, Traffic } from "./smart-http.ts";
import type { GitFetch } from "./transport.ts";
import { readFiles } from "./walk.ts";

export interface GitClientDeps {
  readonly fetch: GitFetch;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  /** Default: 64 MiB in memory. */
  readonly objects?: ObjectCache;
  readonly limits?: Partial<GitLimits>;
  readonly log?: Log;
}

export function createGitClient(deps: GitClientDeps): GitClient {
  const limits = gitLimits(deps.limits);
  const http: SmartHttpDeps = { fetch: deps.fetch, clock: deps.clock, limits };
  const context: ClientContext = {
    ...deps,
    http,
    limits,
    sessions: createSessions(http),
    objects: deps.objects ?? createMemoryObjectCache(),
    log: deps.log ?? silentLog,
    roots: new Map(),
    remembered: new Map(),
    descriptions: new Map(),
  };
  return {
    listRefs: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => ({
        refs: await listRefs(context, exchange, request.prefixes ?? []),
        stats: statsOf(exchange.traffic, 0),
      })),
    resolveRef: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => ({
        ...(await resolveRef(context, exchange, request.ref, request.tags ?? false)),
        stats: statsOf(exchange.traffic, 0),
      })),
    describe: (repository, request, options) =>
      operate(context, repository, options, (exchange) => describe(context, exchange, request.commit, request.depth)),
    treeIdsOf: (repository, request, options) =>
      operate(
        context,
        repository,
        options,
        async (exchange) => (await readTrees(context, exchange, request, false)).ids,
      ),
    fetchSubPaths: (repository, request, options) =>
      operate(context, repository, options, async (exchange) => {
        const { ids, source } = await readTrees(context, exchange, request, true);
        return {
          ...ids,
          files: (subPath) => readFiles(source, { oid: directoryAt(ids.locations, subPath), path: subPath }, limits),
        };
      }),
  };
}

function operate<Result>(
  context: ClientContext,
  repository: Repository,
  options: GitCallOptions,
  work: (exchange: Exchange) => Promise<Result>,
): Promise<Result> {
  const repo = parseRepoUrl(repository);
  const traffic: Traffic = { requests: 0, bytesReceived: 0 };
  return withinTotal(context.clock, context.limits, options.signal, repo.href, (signal) =>
    work({ repo, traffic, signal }),
  );
}
