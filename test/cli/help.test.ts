import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandEntries } from "../../src/cli/program.ts";
import { settings } from "../../src/functions/index.ts";
import { cli } from "./support/run-cli.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

test("lateen --help shows every command, with examples and exit codes", async () => {
  const { code, out } = await cli(["--help"]);
  assert.equal(code, 0);
  for (const { name, summary } of commandEntries)
    assert.match(out, new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
  assert.match(out, /Examples:/);
  assert.match(out, /Exit codes: 0 done, 1 failed, 2 wrong command line/);
});

for (const { name } of commandEntries) {
  test(`lateen ${name} --help explains`, async () => {
    const { code, out, err } = await cli([name, "--help"]);
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`^Usage: lateen ${name} `));
  });
}

test("lateen serve --help explains every setting, by flag and by environment", async () => {
  const { out } = await cli(["serve", "--help"]);
  for (const { flag, variable } of settings) {
    assert.ok(out.includes(variable), variable);
    if (flag !== undefined) assert.ok(out.includes(`  ${flag}`), flag);
  }
});

test("lateen help COMMAND is the same as its --help", async () => {
  const [help, flag] = await Promise.all([cli(["help", "fetch"]), cli(["fetch", "--help"])]);
  assert.equal(help.out, flag.out);
});

const wrongLines = [
  { name: "an unknown command", args: ["deplyo"], want: /unknown command 'deplyo'.*\n.*deploy/ },
  { name: "no command", args: [], want: /Usage: lateen/ },
  { name: "an App's name without a namespace", args: ["kick", "web"], want: /expected NAMESPACE\/NAME/ },
  { name: "an unknown scope", args: ["kubeconfig", "--scope", "all"], want: /--scope all: unknown \(known: apps:read/ },
  {
    name: "a token that never ends",
    args: ["kubeconfig", "--expires", "400d"],
    want: /--expires 400d: must be a duration up to 365d/,
  },
  {
    name: "an App file that is not there",
    args: ["deploy", "-f", "/nowhere/app.yml"],
    want: /\/nowhere\/app\.yml: cannot be read \(ENOENT\)/,
  },
  {
    name: "a data folder that nobody has used",
    args: ["apps", "--data-dir", "/nowhere"],
    want: /no lateen has run with this data folder/,
  },
];
for (const { name, args, want } of wrongLines) {
  test(`exit code 2: ${name}`, async () => {
    const { code, err } = await cli(args);
    assert.equal(code, 2, err);
    assert.match(err, want);
  });
}

test("lateen that is called as a program tells its version and its exit code", () => {
  const version = spawnSync(process.execPath, [main, "--version"], { encoding: "utf8" });
  assert.equal(version.status, 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(spawnSync(process.execPath, [main, "fetch"], { encoding: "utf8" }).status, 2);
});
