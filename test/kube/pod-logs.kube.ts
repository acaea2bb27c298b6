import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { kapp } from "../cli/support/run-kapp.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

/** What containers write, through a real API server and a kubelet's own reader of logs. */
let plane: ControlPlane;
const folder = mkdtempSync(join(tmpdir(), "lateen-logs-"));
const namespace = "pod-logs";

const deployment = (name: string, annotations: object = {}): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, annotations },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: "web", image: name }] },
      },
    },
  });

const run = (args: readonly string[], settings: Parameters<typeof kapp>[1] = {}): ReturnType<typeof kapp> =>
  kapp(args, { cwd: folder, ...settings, environment: { KAPP_KUBECONFIG_YAML: plane.kubeconfig } });

/** A line as a container runtime stores it. */
function write(text: string, at = new Date()): void {
  assert.ok(plane.containerLog !== undefined);
  appendFileSync(plane.containerLog, `${at.toISOString().replace("Z", "000000Z")} stdout F ${text}\n`);
}

before(async () => {
  plane = await startControlPlane();
  await plane.kubectl(["create", "namespace", namespace]);
  writeFileSync(join(folder, "app.yml"), deployment("web"));
});
after(async () => {
  await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  await plane.stop();
  rmSync(folder, { recursive: true });
});

describe("logs of containers", () => {
  it("are shown by lateen kapp logs, all, the last ones, and as they come", async (t) => {
    if (plane.containerLog === undefined) return t.skip("another cluster's containers write what they like");
    const app = ["-a", "logs", "-n", namespace];
    const deployed = await run(["deploy", ...app, "-f", "app.yml", "-y"]);
    assert.equal(deployed.code, 0, deployed.err);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const text of ["one", "two", "three"]) write(text, longAgo);
    const all = await run(["logs", ...app, "--lines=-1"]);
    assert.equal(all.code, 0, all.err);
    assert.match(all.out, /web-\S+ > web \| one\n.*> web \| two\n.*> web \| three\n/);
    const last = await run(["logs", ...app, "--lines=1", "--container-tag=false"]);
    assert.equal(
      last.out
        .split("\n")
        .filter((line) => /one|two|three/.test(line))
        .join(),
      "three",
    );
    const stop = new AbortController();
    let hasWritten = false;
    const followed = await run(["logs", ...app, "--follow", "--lines=1", "--container-tag=false"], {
      signal: stop.signal,
      onOut: (out) => {
        if (out.includes("three") && !hasWritten) {
          hasWritten = true;
          write("four");
          write("five");
        }
        if (out.includes("five")) stop.abort();
      },
    });
    assert.match(followed.out, /three\nfour\nfive\n/);
    assert.equal(followed.out.match(/four/g)?.length, 1);
  });

  it("are part of a deploy's log where the Pods ask for it", async (t) => {
    if (plane.containerLog === undefined) return t.skip("another cluster's containers write what they like");
    const annotations = { "kapp.k14s.io/deploy-logs": "" };
    writeFileSync(join(folder, "told.yml"), deployment("never", annotations));
    const stop = new AbortController();
    let hasWritten = false;
    const { out } = await run(["deploy", "-a", "told", "-n", namespace, "-f", "told.yml", "-y"], {
      signal: stop.signal,
      onOut: (printed) => {
        if (printed.includes("waiting on 1 changes") && !hasWritten) {
          hasWritten = true;
          write("warming up");
        }
        if (printed.includes("warming up")) stop.abort();
      },
    });
    assert.match(out, /warming up/);
  });
});
