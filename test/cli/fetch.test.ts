import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { cli } from "./support/run-cli.ts";

let server: GitServer;
let repository: ServedRepository;
let commit: string;
const folder = mkdtempSync(join(tmpdir(), "lateen-fetch-"));

before(async () => {
  server = await startGitServer();
  repository = await server.createRepository("gitops");
  commit = await repository.commitFiles(
    {
      "packaging/repo.yml": "a: 1\n",
      "packaging/deep/er/run.sh*": "#!/bin/sh\n",
      "packaging/link.yml": { link: "repo.yml" },
      "packaging/out": { link: "/etc/hostname" },
      "other/big.txt": "x".repeat(10_000),
      "apps/prod/params.yaml": "b: 2\n",
    },
    { tags: ["v1"] },
  );
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function listing(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => !statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory())
    .sort();
}

test("one folder's content lands in the output folder: files, executable bits and links, nothing else", async () => {
  const output = join(folder, "one");
  const { code, out, err } = await cli([
    "fetch",
    repository.url,
    "--ref",
    "origin/main",
    "--sub-path",
    "packaging/",
    "-o",
    output,
  ]);
  assert.equal(code, 0, err);
  assert.equal(out, `${commit}\n`);
  assert.match(err, /^4 files to .*: \d+ bytes in \d requests\n$/);
  assert.deepEqual(listing(output), ["deep/er/run.sh", "link.yml", "out", "repo.yml"]);
  assert.equal(readFileSync(join(output, "repo.yml"), "utf8"), "a: 1\n");
  assert.equal(readlinkSync(join(output, "link.yml")), "repo.yml");
  assert.equal(readlinkSync(join(output, "out")), "/etc/hostname");
  assert.notEqual(statSync(join(output, "deep/er/run.sh")).mode & 0o111, 0);
  assert.equal(statSync(join(output, "repo.yml")).mode & 0o111, 0);
});

test("several folders keep their paths in the repository", async () => {
  const output = join(folder, "several");
  const { code, out } = await cli([
    "fetch",
    repository.url,
    "-r",
    "v1",
    "-p",
    "apps/prod",
    "-p",
    "./packaging//deep",
    "-o",
    output,
  ]);
  assert.equal(code, 0);
  assert.equal(out, `${commit}\n`);
  assert.deepEqual(listing(output), ["apps/prod/params.yaml", "packaging/deep/er/run.sh"]);
});

test("without a folder the whole tree of the default branch comes", async () => {
  const output = join(folder, "all");
  const { code } = await cli(["fetch", repository.url, "-o", output]);
  assert.equal(code, 0);
  assert.equal(listing(output).length, 6);
});

test("a folder that is not there is named with those beside it, and nothing is written", async () => {
  const output = join(folder, "absent");
  const { code, out, err } = await cli(["fetch", repository.url, "-r", "main", "-p", "packages", "-o", output]);
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(err, /there is no folder packages \(found other folders: .*packaging.*\)/);
  assert.throws(() => readdirSync(output));
});

test("a ref that is not there is named with near ones", async () => {
  const { code, err } = await cli(["fetch", repository.url, "-r", "origin/mian", "-o", join(folder, "x")]);
  assert.equal(code, 1);
  assert.match(err, /mian .*nearest: main/);
});

test("an output folder that holds something is left alone", async () => {
  const output = mkdtempSync(join(folder, "full-"));
  writeFileSync(join(output, "mine"), "");
  const { code, err } = await cli(["fetch", repository.url, "-p", "packaging", "-o", output]);
  assert.equal(code, 2);
  assert.match(err, /is not empty/);
  assert.deepEqual(readdirSync(output), ["mine"]);
});

const wrongLines = [
  { name: "no output folder", args: ["fetch", "https://example.com/x"], want: /required option '-o, --output <dir>'/ },
  {
    name: "a folder outside the repository",
    args: ["fetch", "https://example.com/x", "-p", "../x", "-o", "y"],
    want: /must be a path inside/,
  },
  {
    name: "a user without a password",
    args: ["fetch", "https://example.com/x", "--username", "me", "-o", "y"],
    want: /needs --password-file/,
  },
  { name: "an unknown option", args: ["fetch", "--colour", "-o", "y"], want: /unknown option '--colour'/ },
];
for (const { name, args, want } of wrongLines) {
  test(`a wrong command line is refused before anything is tried: ${name}`, async () => {
    const { code, err } = await cli(args);
    assert.equal(code, 2);
    assert.match(err, want);
  });
}

test("credentials in the URL stay out of messages", async () => {
  const { code, err } = await cli(["fetch", "http://me:hunter2@127.0.0.1:1/x", "-o", join(folder, "y")]);
  assert.equal(code, 1);
  assert.doesNotMatch(err, /hunter2/);
});
