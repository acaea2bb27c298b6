/** The schedule's sweeps: what an idle tick costs, that one bad source or server touches no other, and that a ref that went back is looked at twice. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openLocalStore } from "../../src/adapters/local/index.ts";
import { acceptPush, type Items, runSource, runTick, type WakeUp, type WorkRows } from "../../src/reconcile/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  configMap,
  deliverPush,
  eventually,
  gitApp,
  settled,
  startWorld,
  succeeded,
  tickAgain,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

describe("sweeps", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld({ flags: { syncPeriod: "30s" } });
  });
  after(() => world.stop());

  it("an idle tick over 200 sources and 50 clusters makes a handful of calls and writes nothing per source (I22)", async () => {
    const store = openLocalStore(":memory:");
    const now = Date.now();
    for (let index = 0; index < 200; index++) {
      const value = JSON.stringify({ periodMs: 30_000, repository: `r${index % 50}` });
      await store.items.put({ pk: "CAT", sk: `SRC#s${index}`, value }, now);
    }
    for (let index = 0; index < 50; index++)
      await store.items.put({ pk: "CAT", sk: `CLU#c${index}`, value: JSON.stringify({ periodMs: 30_000 }) }, now);
    const calls: string[] = [];
    const sent: WakeUp[] = [];
    const deps = {
      ...world.lateen.deps,
      items: counted(store.items, calls),
      rows: counted(store.rows, calls),
      wakeUps: { send: async (wakeUp: WakeUp) => void sent.push(wakeUp) },
    };
    const options = { signal: new AbortController().signal, deadline: now + 30_000 };
    assert.deepEqual(await runTick(deps, options), { won: true });
    // The slot, when the last one ran (read and written), one list per kind, the rows that were lost.
    assert.deepEqual(calls.sort(), ["due", "get", "put", "put", "query", "query"]);
    assert.equal(sent.length, 200 / 25 + 50 / 10);
    const sources = sent
      .filter(({ queue }) => queue === "source")
      .map(({ key }) => key.slice("sources/".length).split(","));
    assert.equal(new Set(sources.flat()).size, 200);
    // The four sources of one repository are in one message, or in two where it was full.
    for (let repository = 0; repository < 50; repository++) {
      const messages = sources.filter((ids) => ids.some((id) => Number(id.slice(1)) % 50 === repository));
      assert.ok(messages.length <= 2);
    }
    assert.ok(sent.every(({ delayMs = 0 }) => delayMs <= deps.config.tickMs / 2));
    assert.deepEqual(await runTick(deps, options), { won: false });
    store.close();
  });

  it("a lost webhook: the sweep finds the commit; an unchanged source is read and nothing is written (F12, I22)", async () => {
    await world.repository.commitFiles({ "a/a.yml": configMap("a", { v: "1" }) });
    await world.apply(gitApp("a", world.repository, "a"));
    await world.until("a", succeeded(1));
    await settled(world);
    await tickAgain(world);
    await settled(world);
    const ids = await sourceIds();
    const calls: string[] = [];
    const { deps } = world.lateen;
    const watched = { ...deps, items: counted(deps.items, calls), rows: counted(deps.rows, calls) };
    const options = { signal: new AbortController().signal, deadline: Date.now() + 60_000 };
    await runSource(`sources/${ids.join(",")}`, watched, options);
    assert.deepEqual(
      calls,
      ids.map(() => "query"),
    );

    await world.repository.commitFiles({ "a/a.yml": configMap("a", { v: "2" }) });
    await tickAgain(world);
    await world.until("a", succeeded(2));
  });

  it("a source that cannot be read is left alone for a while and touches no other (F30, L33, I24)", async () => {
    const missing = { ...world.repository, url: `${world.repository.url.replace(/shop\.git$/, "")}none.git` };
    await world.apply(gitApp("bad", missing, "a"));
    await world.until("bad", (status) => JSON.stringify(status ?? "").includes("ReconcileFailed"));
    await tickAgain(world);
    await eventually(async () => assert.equal((await probes()).length, 1));
    const [before] = await probes();
    await world.repository.commitFiles({ "a/a.yml": configMap("a", { v: "3" }) });
    await tickAgain(world);
    await world.until("a", succeeded(3));
    assert.deepEqual((await probes())[0], before);
    await world.lateen.hub.delete(gitApp("bad", missing, "a"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "bad"), undefined));
  });

  it("a push whose wake-up cannot be sent is accepted; the sweep of rows finds it (F15, I6)", async () => {
    await settled(world);
    const commit = await world.repository.commitFiles({ "a/a.yml": configMap("a", { v: "5" }) });
    const { deps } = world.lateen;
    const push = {
      provider: "github",
      repositoryUrls: [world.repository.url],
      ref: "refs/heads/main",
      after: commit,
      deliveryId: "1",
    } as const;
    const down = { send: () => Promise.reject(new Error("the queue is down")) };
    assert.deepEqual(await acceptPush(push, { ...deps, wakeUps: down }), { apps: ["ns1/a"] });
    assert.deepEqual(
      await deps.rows.due(Date.now(), 10),
      (await sourceIds()).map((id) => `source/${id}`),
    );
    await tickAgain(world);
    await world.until("a", succeeded(4));
  });

  it("a ref that goes back to an older commit is believed at the second look, a push that says so at once (F33)", async () => {
    const first = (await seen()).commit;
    const second = await world.repository.commitFiles({ "a/a.yml": configMap("a", { v: "4" }) });
    await deliverPush(world, second);
    await world.until("a", succeeded(5));
    await settled(world);
    await world.repository.git(["update-ref", "refs/heads/main", first]);
    await tickAgain(world);
    await eventually(async () => assert.equal((await seen()).doubted?.commit, first));
    assert.equal((await seen()).commit, second);
    // The mirror has caught up: nothing has happened.
    await world.repository.git(["update-ref", "refs/heads/main", second]);
    await tickAgain(world);
    await eventually(async () => assert.equal((await seen()).doubted, undefined));
    await world.repository.git(["update-ref", "refs/heads/main", first]);
    await deliverPush(world, first);
    await world.until("a", succeeded(6));
    assert.equal((await seen()).commit, first);
  });

  async function sourceIds(): Promise<readonly string[]> {
    const items = await world.lateen.deps.items.query("CAT", Date.now(), { prefix: "SRC#" });
    return items.map(({ sk }) => sk.slice("SRC#".length));
  }

  async function probes(): Promise<readonly string[]> {
    const found = await Promise.all(
      (await sourceIds()).map((id) => world.lateen.deps.items.get(`SRC#${id}`, "PROBE", Date.now())),
    );
    return found.flatMap((item) => (item === undefined ? [] : [item.value]));
  }

  async function seen(): Promise<{ readonly commit: string; readonly doubted?: { readonly commit: string } }> {
    const [id] = await sourceIds();
    const item = await world.lateen.deps.items.get(`SRC#${id}`, "REF", Date.now());
    // Written by the source run.
    return JSON.parse(item?.value ?? "{}") as { readonly commit: string };
  }
});

/** The same port, each call's name noted. */
function counted<Port extends Items | WorkRows>(port: Port, calls: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
}
