import assert from "node:assert/strict";
import { after, test } from "node:test";
import { silentLog } from "../../src/base/index.ts";
import {
  type ByHandDeps,
  type Caller,
  createHttp,
  type HttpServer,
  type ProgressLine,
  serveHttp,
} from "../../src/http/index.ts";
import type { RunEvent } from "../../src/reconcile/index.ts";
import { bearer, everything, startByHand } from "./by-hand-door.ts";

const servers: HttpServer[] = [];
after(() => Promise.all(servers.map((server) => server.close({ graceMs: 100 }))));

const reconcile = "/api/apps/team-a/contour/reconcile";
const note: RunEvent = { at: 1, type: "note", text: "first" };
const finished: RunEvent = { at: 2, type: "finished", ms: 1, outcome: "succeeded", description: "Reconcile succeeded" };

async function serve(
  overrides: Partial<ByHandDeps>,
  tokens: Record<string, Caller> = { root: everything },
): Promise<string> {
  const { app: byHand } = startByHand(tokens, overrides);
  const nothing = { fetch: (): Response => new Response(null, { status: 404 }) };
  const server = await serveHttp(
    createHttp({ byHand, health: nothing, hub: async () => nothing.fetch(), log: silentLog }),
    { port: 0 },
  );
  servers.push(server);
  return server.url;
}

/** Lines of an answer as they arrive. */
async function* linesOf(response: Response): AsyncGenerator<ProgressLine, void, void> {
  let rest = "";
  for await (const chunk of response.body ?? []) {
    rest += Buffer.from(chunk).toString();
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      yield JSON.parse(rest.slice(0, end)) as ProgressLine;
      rest = rest.slice(end + 1);
    }
  }
}

async function all<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const gathered: Value[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

function waitFor(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

test("each line arrives when it happens, not when the run is over", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const url = await serve({
    async *followRuns() {
      await gates[0].promise;
      yield note;
      await gates[1].promise;
      yield finished;
    },
  });
  const response = await fetch(url + reconcile, { method: "POST", ...bearer("root") });
  const lines = linesOf(response);
  assert.equal((await lines.next()).value?.type, "accepted");
  gates[0].resolve();
  assert.deepEqual((await lines.next()).value, note);
  gates[1].resolve();
  assert.deepEqual((await lines.next()).value, finished);
  assert.equal((await lines.next()).done, true);
});

test("?wait=1 ends the answer after a second and says that the run goes on", async () => {
  const url = await serve({
    async *followRuns(_namespace, _name, _wanted, { signal }) {
      yield note;
      await waitFor(signal);
    },
  });
  const response = await fetch(`${url}${reconcile}?wait=1`, { method: "POST", ...bearer("root") });
  const lines = await all(linesOf(response));
  assert.deepEqual(
    lines.map(({ type }) => type),
    ["accepted", "note", "detached"],
  );
  const last = lines.at(-1);
  assert.equal(last?.type === "detached" && last.reason, "still running after 1 s; the run goes on");
});

test("a caller that leaves ends the following, even while nothing happens", async () => {
  const ended = Promise.withResolvers<void>();
  const url = await serve({
    async *followRuns(_namespace, _name, _wanted, { signal }) {
      try {
        yield note;
        await waitFor(signal);
      } finally {
        ended.resolve();
      }
    },
  });
  const leave = new AbortController();
  const response = await fetch(url + reconcile, { method: "POST", ...bearer("root"), signal: leave.signal });
  const lines = linesOf(response);
  await lines.next();
  await lines.next();
  leave.abort();
  await assert.rejects(lines.next());
  await ended.promise;
});

test("B128: a token that is revoked meanwhile ends the answer", async () => {
  const tokens: Record<string, Caller> = { root: everything };
  const url = await serve(
    {
      recheckMs: 20,
      async *followRuns(_namespace, _name, _wanted, { signal }) {
        yield note;
        await waitFor(signal);
      },
    },
    tokens,
  );
  const response = await fetch(url + reconcile, { method: "POST", ...bearer("root") });
  const lines = linesOf(response);
  await lines.next();
  await lines.next();
  delete tokens["root"];
  const last = (await lines.next()).value;
  assert.equal(last?.type === "detached" && last.reason, "the token is no longer valid; the run goes on");
});

test("a store that fails while following ends the answer in order, without details", async () => {
  const url = await serve({
    async *followRuns() {
      yield note;
      throw new Error("database is locked");
    },
  });
  const response = await fetch(url + reconcile, { method: "POST", ...bearer("root") });
  const lines = await all(linesOf(response));
  const last = lines.at(-1);
  assert.equal(last?.type === "detached" && last.reason, "its progress cannot be read at the moment; the run goes on");
});
