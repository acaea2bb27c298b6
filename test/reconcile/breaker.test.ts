/** A run cluster that does not answer: its Apps share one probe at a time, say so, and come back by themselves. */
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  conditionOf,
  configMap,
  eventually,
  gitApp,
  secret,
  startWorld,
  succeeded,
  textAt,
  tickAgain,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";
const names = Array.from({ length: 6 }, (_, index) => `app-${index}`);

describe("a run cluster that does not answer", { skip }, () => {
  let world: World;
  let wire: Wire;
  before(async () => {
    world = await startWorld();
    wire = await startWire(Number(new URL(world.sandbox.server).port));
    const kubeconfig = world.sandbox.kubeconfig.replaceAll(world.sandbox.server, wire.url);
    await world.apply(secret("cluster", { value: kubeconfig }));
    await world.repository.commitFiles(
      Object.fromEntries(names.map((name) => [`${name}/${name}.yml`, configMap(name, { v: "1" })])),
    );
    for (const name of names) await world.apply(gitApp(name, world.repository, name));
    for (const name of names) await world.until(name, succeeded(1));
  });
  after(async () => {
    await world.stop();
    await wire.stop();
  });

  it("is probed by one run at a time; its Apps say since when and when it is asked again (F45, F60, L33, I16, I24)", async () => {
    wire.cut();
    await world.repository.commitFiles(
      Object.fromEntries(names.map((name) => [`${name}/${name}.yml`, configMap(name, { v: "2" })])),
    );
    await tickAgain(world);
    for (const name of names) {
      const status = await world.until(name, (now) =>
        /the cluster has not answered since/.test(textAt(now, "usefulErrorMessage")),
      );
      const text = textAt(status, "usefulErrorMessage");
      assert.match(text, /^(Deploying: |kapp: Error: |Preparing kapp: )/);
      assert.match(
        text,
        /\n\(hint: the cluster has not answered since \S+Z; lateen asks it again at \S+Z, or at once when asked to by hand\)$/,
      );
      assert.equal(conditionOf(status), "ReconcileFailed");
    }
    // From now on only whoever has claimed the probe connects.
    const probes = await outage();
    const connections = wire.refused;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const made = ((await outage())?.failures ?? 0) - (probes?.failures ?? 0);
    // A probe is a call with its retries (L30: five tries).
    assert.ok(
      wire.refused - connections <= 5 * (made + 1),
      `${wire.refused - connections} connections for ${made} probes`,
    );
  });

  it("closes by a request by hand as soon as it answers; the waiting Apps come by themselves (F45, I24)", async () => {
    wire.mend();
    await world.lateen.deps.items.put(
      {
        pk: (await outageKey()) ?? "",
        sk: "PROBE",
        value: JSON.stringify({ ...(await outage()), probeAt: Date.now() + 600_000 }),
      },
      Date.now(),
    );
    const { token } = await world.lateen.hub.tokens.create({ scopes: ["admin"] });
    const response = await fetch(`${world.lateen.url}/api/apps/ns1/${names[0]}/reconcile`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    assert.ok(response.ok, `${response.status} ${await response.text()}`);
    for (const name of names) await world.until(name, (status) => conditionOf(status) === "ReconcileSucceeded");
    await eventually(async () => assert.equal(await outage(), undefined));
    for (const name of names) assert.equal(textAt((await world.live("ConfigMap", name))?.["data"] as never, "v"), "2");
  });

  async function outageKey(): Promise<string | undefined> {
    const clusters = await world.lateen.deps.items.query("CAT", Date.now(), { prefix: "CLU#" });
    return clusters[0]?.sk;
  }

  async function outage(): Promise<{ readonly failures: number } | undefined> {
    const item = await world.lateen.deps.items.get((await outageKey()) ?? "", "PROBE", Date.now());
    // Written by the breaker.
    return item === undefined ? undefined : (JSON.parse(item.value) as { readonly failures: number });
  }
});

interface Wire {
  readonly url: string;
  /** Connections that were cut at once. */
  readonly refused: number;
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** A wire to a server of this machine that can be cut. */
async function startWire(port: number): Promise<Wire> {
  const open = new Set<Socket>();
  let isCut = false;
  let refused = 0;
  const server = createServer((client) => {
    if (isCut) {
      refused += 1;
      client.destroy();
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on a port, not a path.
  const { port: own } = server.address() as AddressInfo;
  const drop = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${own}`,
    get refused() {
      return refused;
    },
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
    stop: async () => {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
