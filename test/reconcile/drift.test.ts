/** Drift with who did it, and the rules by which an App tolerates changes (docs/howto/operate.md#drift). */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { listRuns } from "../../src/reconcile/run-record.ts";
import type { RunEvent, RunRecord } from "../../src/reconcile/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  configMap,
  eventually,
  gitApp,
  secret,
  settled,
  startWorld,
  succeeded,
  textAt,
  tickAgain,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";
const canary = "canary-of-the-drift-check";

/** Tolerates one field by a plain rule, one by a template. */
const config = `
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
rebaseRules:
- path: [data, tuned]
  type: copy
  sources: [existing, new]
  resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}]
- ytt:
    overlayContractV1:
      overlay.yml: |
        #@ load("@ytt:data", "data")
        #@ load("@ytt:overlay", "overlay")
        #@overlay/match by=overlay.all
        ---
        data:
          #@overlay/match missing_ok=True
          scaled: #@ data.values.existing.data.scaled
  resourceMatchers: [{kindNamespaceNameMatcher: {kind: ConfigMap, namespace: ns1, name: a}}]
`;

describe("drift", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.repository.commitFiles({
      "app/a.yml": configMap("a", { v: "1", tuned: "1", scaled: "1" }),
      "app/b.yml": configMap("b", { v: "1" }),
      "app/s.yml": JSON.stringify({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s" },
        stringData: { p: "1" },
      }),
      "app/config.yml": config,
    });
    await world.apply(secret("values", { "v.yml": `note: ${canary}` }));
    await world.apply(gitApp("shop", world.repository, "app"));
    await world.until("shop", succeeded(1));
    await settled(world);
  });
  after(() => world.stop());

  /** As somebody else on the run cluster. */
  const as = async (agent: string, method: string, kind: string, name: string, body?: object): Promise<void> => {
    const response = await world.sandbox.handle(
      new Request(`${world.sandbox.server}/api/v1/namespaces/ns1/${kind}/${name}`, {
        method,
        headers: {
          authorization: `Bearer ${world.sandbox.token}`,
          "user-agent": agent,
          ...(body === undefined ? {} : { "content-type": "application/merge-patch+json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    assert.equal(response.status, 200, await response.text());
  };
  const runs = (): Promise<readonly RunRecord[]> => listRuns("ns1/shop", 50, world.lateen.deps);
  const check = async (): Promise<void> => {
    await tickAgain(world);
    await settled(world);
  };

  it("is told in the run that repairs it: what, from what to what, by whom and when", async () => {
    // Kubernetes tells whole seconds.
    const since = Math.floor(Date.now() / 1_000) * 1_000;
    await as("kubectl/v1.33", "PATCH", "configmaps", "a", { data: { v: canary } });
    await as("kubectl/v1.33", "PATCH", "secrets", "s", { data: { p: btoa(canary) } });
    await as("kubectl/v1.33", "DELETE", "configmaps", "b");
    await check();
    await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1"));
    const [run] = await runs();
    assert.equal(run?.cause, "drift");
    const drifted = run.events.find((event) => event.type === "drifted") as Extract<RunEvent, { type: "drifted" }>;
    assert.deepEqual(drifted.objects.map(({ resource, found }) => `${found} ${resource}`).sort(), [
      "changed configmap/a (v1) namespace: ns1",
      "changed secret/s (v1) namespace: ns1",
      "missing configmap/b (v1) namespace: ns1",
    ]);
    const fields = drifted.objects.flatMap((object) => object.fields);
    assert.deepEqual(fields.map(({ path, by }) => `${path} ${by?.manager}`).sort(), [
      "/data/p kubectl",
      "/data/v kubectl",
    ]);
    const field = fields.find(({ path }) => path === "/data/v");
    assert.deepEqual([field?.was, field?.is], ['"1"', `"${canary}"`]);
    const at = Date.parse(field?.by?.at ?? "");
    assert.ok(at >= since && at <= Date.now(), field?.by?.at);
    assert.ok(!JSON.stringify(fields.find(({ path }) => path === "/data/p")).includes(btoa(canary)));
    const line = world.logs.find((text) => text.includes('"drift found"')) ?? "";
    assert.match(line, /"path":"\/data\/v".*"manager":"kubectl"/);
  });

  it("wakes nobody for what the App's Config leaves to the cluster, and for nothing else", async () => {
    const before = (await runs()).length;
    await as("autoscaler", "PATCH", "configmaps", "a", { data: { tuned: "9" } });
    await check();
    await as("autoscaler", "PATCH", "configmaps", "a", { data: { scaled: "9" } });
    await check();
    assert.equal((await runs()).length, before);
    assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "tuned"), "9");
    await as("autoscaler", "PATCH", "configmaps", "a", { data: { v: "9" } });
    await check();
    await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "a"), "data", "v"), "1"));
    const [run] = await runs();
    const drifted = run?.events.find((event) => event.type === "drifted");
    assert.deepEqual(
      drifted?.objects.flatMap(({ fields }) => fields.map(({ path }) => path)),
      ["/data/v"],
    );
    const live = await world.live("ConfigMap", "a");
    assert.deepEqual([textAt(live, "data", "tuned"), textAt(live, "data", "scaled")], ["9", "9"]);
  });

  it("shows no value that a Secret of the App holds", async () => {
    await world.apply(
      gitApp("hidden", world.repository, "other", {
        fetch: [
          {
            inline: { paths: { "c.yml": configMap("c", { v: "1" }) }, pathsFrom: [{ secretRef: { name: "values" } }] },
          },
        ],
        template: [{ ytt: { paths: ["c.yml"] } }],
      }),
    );
    await world.until("hidden", succeeded(1));
    await settled(world);
    await as("kubectl/v1.33", "PATCH", "configmaps", "c", { data: { v: `it is ${canary}` } });
    const from = world.logs.length;
    await check();
    await eventually(async () => assert.equal(textAt(await world.live("ConfigMap", "c"), "data", "v"), "1"));
    const [run] = await listRuns("ns1/hidden", 5, world.lateen.deps);
    const drifted = run?.events.find((event) => event.type === "drifted");
    assert.equal(drifted?.objects[0]?.fields[0]?.path, "/data/v");
    const kept = await world.lateen.deps.items.query("APP#ns1/hidden", Date.now());
    assert.ok(
      ![JSON.stringify(run), JSON.stringify(kept), ...world.logs.slice(from)].some((text) => text.includes(canary)),
    );
  });
});
