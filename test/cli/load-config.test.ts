import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../../src/cli/load-config.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-config-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a settings file that is named on the command line or in the environment is read", async () => {
  const configFile = file("a.yml", "port: 1234\nsyncPeriod: 1m\nwebhookSecretFiles: [one, two]\ntls: false\n");
  for (const sources of [{ configFile }, { environment: { LATEEN_CONFIG: configFile } }]) {
    const config = await loadConfig(sources);
    assert.equal(config.port, 1234);
    assert.equal(config.syncPeriodMs, 60_000);
    assert.deepEqual(config.webhookSecretFiles, ["one", "two"]);
    assert.deepEqual(config.tls, { mode: "off" });
  }
});

test("an empty settings file is one without settings", async () => {
  assert.equal((await loadConfig({ configFile: file("empty.yml", "# nothing yet\n") })).port, 8080);
});

const faults = [
  { name: "a file that is not there", path: join(folder, "absent.yml"), want: /absent\.yml: no such file/ },
  { name: "broken YAML", path: file("broken.yml", "port: 1\n  host: x\n"), want: /broken\.yml:[12]: / },
  { name: "two documents", path: file("two.yml", "port: 1\n---\nport: 2\n"), want: /two\.yml: holds 2 documents/ },
  {
    name: "several faults at once",
    path: file("wrong.yml", "port: many\ncolour: blue\n"),
    want: /settings are wrong:\n {2}lateen\.yml colour: unknown setting.*\n {2}lateen\.yml port: must be a whole number/,
  },
];
for (const { name, path, want } of faults) {
  test(`refused by name: ${name}`, async () => {
    await assert.rejects(loadConfig({ configFile: path }), { name: "UsageError", message: want });
  });
}
