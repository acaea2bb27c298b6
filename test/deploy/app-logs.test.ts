import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appLogs, type AppLogsInput, isApiFailure } from "../../src/deploy/index.ts";
import type { MutableJsonMap } from "../../src/resource/index.ts";
import { deploy } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

const app = { name: "test.app", stateNamespace: "app", defaultNamespace: "app" };
const at = (second: number): string => `2026-01-01T00:00:0${second}.1Z`;
const pod = (name: string): string =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {initContainers: [{name: init}], containers: [{name: app}, {name: late}]}\n`;

async function newCluster(): Promise<MemoryCluster> {
  const cluster = new MemoryCluster(new ManualClock());
  cluster.admit = (object: MutableJsonMap) => {
    if (object["kind"] !== "Pod") return;
    object["status"] = {
      initContainerStatuses: [{ name: "init", state: { terminated: {} } }],
      containerStatuses: [
        { name: "app", state: { running: {} } },
        { name: "late", state: { waiting: {} } },
      ],
    };
  };
  for (const name of ["p", "q"])
    cluster.logs.set(
      `${name}/app`,
      [1, 2, 3].map((second) => ({ time: at(second), text: `${name} ${second}` })),
    );
  await deploy(cluster, `${pod("p")}${pod("q")}`, { rawOptions: ["--wait=false"] });
  return cluster;
}

async function logs(
  cluster: MemoryCluster,
  more: Partial<AppLogsInput> = {},
  until?: { readonly line: string; readonly act: () => void },
): Promise<string[]> {
  const abort = new AbortController();
  const input = { app, follow: false, podName: "", containerNames: [], containerTag: true, lines: 10, ...more };
  const lines: string[] = [];
  for await (const part of appLogs(input, cluster, cluster, { signal: abort.signal })) {
    if (part.part === "table" || part.part === "diff") continue;
    lines.push(part.text.trimEnd());
    if (until !== undefined && lines.at(-1) === until.line) until.act();
    if (lines.at(-1) === "p > app | the end") return lines;
  }
  return lines;
}

describe("logs of an app", () => {
  it("are told by container, the last lines only", async () => {
    const lines = await logs(await newCluster(), { lines: 2, podName: "p" });
    assert.deepEqual(lines, [
      "# starting tailing 'p > init' logs",
      "# ending tailing 'p > init' logs",
      "# starting tailing 'p > app' logs",
      "p > app | p 2",
      "p > app | p 3",
      "# ending tailing 'p > app' logs",
      "# waiting for 'p > late' logs to become available...",
    ]);
  });

  it("are chosen by Pod and container, and may stand alone", async () => {
    const cluster = await newCluster();
    const lines = await logs(cluster, { podName: "q%", containerNames: ["ap%"], containerTag: false });
    assert.deepEqual(lines.slice(1, -1), ["q 1", "q 2", "q 3"]);
  });

  it("are followed, each line once, also where a read fails in between", async () => {
    const cluster = await newCluster();
    let reads = 0;
    cluster.before = ({ target }) => {
      if (target === "log p/app" && ++reads === 2) throw failure(500, "InternalError", "not now");
    };
    const more = (): void => void cluster.logs.get("p/app")?.push({ time: at(4), text: "the end" });
    const lines = await logs(
      cluster,
      { follow: true, podName: "p", containerNames: ["app"] },
      { line: "p > app | p 3", act: more },
    );
    assert.deepEqual(lines, [
      "# starting tailing 'p > app' logs",
      "p > app | p 1",
      "p > app | p 2",
      "p > app | p 3",
      "p > app | the end",
    ]);
    assert.ok(reads >= 3);
  });

  it("of an app without a record fail", async () => {
    await assert.rejects(
      logs(new MemoryCluster(new ManualClock())),
      (error: Error) => !isApiFailure(error) && /App 'test\.app' \(namespace: app\) does not exist/.test(error.message),
    );
  });
});
