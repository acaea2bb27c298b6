/**
 * Proves the package as a user gets it: builds, packs, lints the tarball, installs it in an empty folder, runs the installed
 * `lateen`, imports every entry and type-checks a consumer.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
// package.json is our own file, checked by npm; these two members are there.
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const entries = Object.keys(manifest.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => `lateen${path.slice(1)}`);

const temporary = mkdtempSync(join(tmpdir(), "lateen-package-"));
try {
  run("npm", ["run", "--silent", "build"], root);
  const tarball = join(temporary, pack());
  await lintPackage();
  const home = join(temporary, "consumer");
  install(tarball, home);
  runInstalled(home);
  importEntries(home);
  checkTypes(home);
  console.log(`package lateen ${manifest.version}: ${entries.length} entries import, type-check and run`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function pack(): string {
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", temporary], root),
  ) as [{ filename: string; size: number; files: { path: string }[] }];
  const stray = packed.files.filter(
    ({ path }) => !/^(bin\/|dist\/|examples\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(path),
  );
  if (stray.length > 0)
    throw new Error(`the package holds files that nobody needs: ${stray.map(({ path }) => path).join(", ")}`);
  console.log(`${packed.filename}: ${packed.files.length} files, ${(packed.size / 1024).toFixed(0)} KiB`);
  return packed.filename;
}

async function lintPackage(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  const found = messages.map((message) => formatMessage(message, pkg) ?? message.code);
  if (found.length > 0) throw new Error(`publint: ${found.join("; ")}`);
}

function install(tarball: string, home: string): void {
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball], home);
}

function runInstalled(home: string): void {
  const lateen = join(home, "node_modules/.bin/lateen");
  const help = run(lateen, ["--help"], home);
  for (const command of ["serve", "fetch", "render", "deploy", "diff"]) {
    if (!help.includes(command)) throw new Error(`lateen --help does not name ${command}:\n${help}`);
  }
  const version = run(lateen, ["--version"], home).trim();
  if (version !== manifest.version)
    throw new Error(`lateen --version says ${version}, package.json ${manifest.version}`);
}

function importEntries(home: string): void {
  const imports = entries.map((entry) => `console.log("${entry}", Object.keys(await import("${entry}")).length);`);
  writeFileSync(join(home, "entries.mjs"), imports.join("\n"));
  console.log(run("node", ["entries.mjs"], home).trimEnd());
}

function checkTypes(home: string): void {
  const imports = entries.map(
    (entry, index) => `import * as entry${index} from "${entry}";\nexport const use${index}: unknown = entry${index};`,
  );
  writeFileSync(join(home, "consumer.ts"), imports.join("\n"));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2024"];
  run("tsc", [...options, "--typeRoots", join(root, "node_modules/@types"), "--types", "node", "consumer.ts"], home);
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, [...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
}
