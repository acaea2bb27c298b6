import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createHubClient } from "../../src/cli/hub-client.ts";
import { accessOfKubeconfig } from "../../src/cli/hub-access.ts";
import { cli } from "./support/run-cli.ts";

/** `lateen serve` as a process, and the commands that talk to it. */
const lateen = fileURLToPath(new URL("../../bin/lateen.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lateen-serve-"));
const dataDir = join(folder, "data");
const secretFile = join(folder, "hook.secret");
const place = ["--data-dir", dataDir];
let server: Running;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  log(): string;
}

before(async () => {
  writeFileSync(secretFile, `${"s".repeat(40)}\n`);
  server = await start();
});
after(async () => {
  server.child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

async function start(): Promise<Running> {
  const args = [lateen, "serve", ...place, "--port", "0", "--webhook-secret-file", secretFile];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  let out = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    out += String(text);
    const url = /lateen listens on (\S+)/.exec(out)?.[1];
    if (url !== undefined) return { child, url, log: () => log };
  }
  throw new Error(`lateen serve ended: ${log}`);
}

async function kubeconfig(...options: readonly string[]): Promise<string> {
  const { code, out, err } = await cli(["kubeconfig", ...place, ...options]);
  assert.equal(code, 0, err);
  return out;
}

async function applyApp(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const client = createHubClient(accessOfKubeconfig(await kubeconfig(), "test"));
  try {
    const body = JSON.stringify({
      apiVersion: "kappctrl.k14s.io/v1alpha1",
      kind: "App",
      metadata: { name, namespace: "apps" },
      spec: {
        serviceAccountName: "sa",
        fetch: [{ inline: { paths: { "a.yml": "" } } }],
        template: [{ ytt: {} }],
        deploy: [{ kapp: {} }],
        ...spec,
      },
    });
    const path = `/apis/kappctrl.k14s.io/v1alpha1/namespaces/apps/apps/${name}?fieldManager=test`;
    await client.call("PATCH", path, { body, contentType: "application/apply-patch+yaml" });
  } finally {
    await client.close();
  }
}

test("the data folder is its owner's alone", () => {
  assert.equal(statSync(dataDir).mode & 0o077, 0);
});

test("a kubeconfig leads to the hub, and its certificate is trusted", async () => {
  const client = createHubClient(accessOfKubeconfig(await kubeconfig(), "test"));
  try {
    assert.equal((await client.call("GET", "/healthz")).status, 200);
    assert.equal((await client.call("GET", "/apis/kappctrl.k14s.io/v1alpha1/apps")).status, 200);
  } finally {
    await client.close();
  }
});

test("apps lists what the hub holds, as a table and as JSON", async () => {
  await applyApp("web");
  const table = await cli(["apps", ...place]);
  assert.equal(table.code, 0, table.err);
  assert.match(table.out, /^NAMESPACE +NAME +DESCRIPTION .*\napps +web /);
  const json = JSON.parse((await cli(["apps", ...place, "-o", "json"])).out) as { name: string }[];
  assert.deepEqual(
    json.map(({ name }) => name),
    ["web"],
  );
  assert.equal((await cli(["apps", ...place, "-n", "other"])).out.split("\n").length, 2);
});

test("kick follows a run to its end; a run that fails is exit code 1 and says why", async () => {
  const { code, err } = await cli(["kick", "apps/web", ...place]);
  assert.equal(code, 1);
  assert.match(err, /asked for a run of apps\/web\n.*run +apps\/web[\s\S]*failed +Reconcile failed/);
  assert.match(err, /home cluster/);
});

test("kick of an App that is not there says so", async () => {
  const { code, err } = await cli(["kick", "apps/absent", ...place]);
  assert.equal(code, 1);
  assert.match(err, /there is no App apps\/absent \(HTTP 404\)/);
});

test("pause and its opposite", async () => {
  assert.equal((await cli(["pause", "apps/web", ...place])).err, "apps/web is paused\n");
  assert.equal((await cli(["pause", "apps/web", "--off", ...place])).err, "apps/web goes on\n");
});

test("delete waits until the App is gone", async () => {
  await applyApp("short", { noopDelete: true });
  const { code, err } = await cli(["delete", "apps/short", ...place, "--timeout", "10s"]);
  assert.equal(code, 0, err);
  assert.match(err, /apps\/short is gone\n$/);
  assert.doesNotMatch((await cli(["apps", ...place])).out, /short/);
});

test("a deletion that cannot reach its cluster is told, and goes on without us", async () => {
  await applyApp("stuck");
  const { code, err } = await cli(["delete", "apps/stuck", ...place, "--timeout", "1s"]);
  assert.equal(code, 1);
  assert.match(err, /apps\/stuck: .*\n[\s\S]*apps\/stuck is not gone yet/);
  assert.match((await cli(["apps", ...place])).out, /stuck/);
});

test("a token that is revoked lets nobody in any more", async () => {
  const file = join(folder, "hub.kubeconfig");
  writeFileSync(file, await kubeconfig("--scope", "apps:read", "--description", "to be revoked"));
  assert.equal((await cli(["apps", "--kubeconfig", file])).code, 0);
  const refused = await cli(["kick", "apps/web", "--kubeconfig", file]);
  assert.match(refused.err, /no scope apps:write \(HTTP 403\)/);
  const { out } = await cli(["token", "list", ...place]);
  const id = /^(\S+) +apps:read +\* +in 89d +to be revoked$/m.exec(out)?.[1] ?? "";
  assert.equal((await cli(["token", "revoke", id, ...place])).err, `token ${id} is revoked\n`);
  const { code, err } = await cli(["apps", "--kubeconfig", file]);
  assert.equal(code, 1);
  assert.match(err, /HTTP 401/);
  assert.equal((await cli(["token", "revoke", "nobody", ...place])).code, 1);
});

test("SIGTERM ends it with exit code 0, and what it held is there after a restart", async () => {
  server.child.kill("SIGTERM");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0, server.log());
  const { code: unreachable, err } = await cli(["apps", ...place]);
  assert.equal(unreachable, 1);
  assert.match(err, /cannot reach lateen at .*is `lateen serve` running\?/);
  server = await start();
  assert.match((await cli(["apps", ...place])).out, /apps +web /);
});

test("wrong settings are told at once and nothing starts", async () => {
  const { code, err } = await cli(["serve", "--port", "many", "--log-level", "loud"], { LATEEN_SYNC_PERIOD: "soon" });
  assert.equal(code, 2);
  assert.match(err, /--port: [^\n]*\n[\s\S]*LATEEN_SYNC_PERIOD: [^\n]*\n[\s\S]*--log-level: /);
});

test("a webhook secret file that is not there stops the start by name", async () => {
  const { code, err } = await cli([
    "serve",
    "--data-dir",
    join(folder, "other"),
    "--port",
    "0",
    "--webhook-secret-file",
    "/nowhere/hook",
  ]);
  assert.equal(code, 1);
  assert.match(err, /\/nowhere\/hook: no such file/);
});
