import { type ClientContext, rememberIn, statsOf } from "./client-context.ts";
import { describeCommit } from "./describe.ts";
import type { Description } from "./git-client.ts";
import { createObjectFetcher } from "./negotiation.ts";
import { type Commit, parseCommit } from "./pack/commit.ts";
import { listRefs } from "./resolve-on-server.ts";
import { tagsByCommit } from "./resolve-ref.ts";
import type { Exchange } from "./smart-http.ts";

/** Descriptions remembered, one per commit and set of tags. */
const maxDescriptions = 1000;
/** Fetches the history of a commit, without trees, and describes it by the server's tags; remembered per commit and set of tags. */
export async function describe(
  context: ClientContext,
  exchange: Exchange,
  commit: string,
  depth: number,
): Promise<Description> {
  const tags = tagsByCommit(await listRefs(context, exchange, ["refs/tags/"]));
  const key = JSON.stringify([exchange.repo.href, commit, depth, [...tags]]);
  let objects = 0;
  if (tags.size > 0 && !context.descriptions.has(key)) {
    const fetched = await createObjectFetcher(context, exchange, commit, []).fetchHistory(
      depth === 0 ? undefined : depth,
    );
    const history = new Map<string, Commit>();
    if (fetched !== "refused") {
      objects = fetched.size;
      for (const [oid, object] of fetched) if (object.type === "commit") history.set(oid, parseCommit(oid, object));
    }
    rememberIn(context.descriptions, key, describeCommit(commit, history, tags), maxDescriptions);
  }
  const name = context.descriptions.get(key);
  return { ...(name === undefined ? {} : { name }), stats: statsOf(exchange.traffic, objects) };
}
