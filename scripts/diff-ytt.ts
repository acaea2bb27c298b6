/**
 * Renders generated templates with lateen and with the `ytt` on the PATH and tells where they differ: `npm run diff:ytt [-- SEED [COUNT]]`. Successes
 * must be the same bytes; of failures only that both fail.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { render } from "../src/ytt/index.ts";
import { type Files, templates } from "../test/ytt/support/generate.ts";

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
const count = Number(process.argv[3] ?? 300);
if (spawnSync("ytt", ["--version"]).status !== 0) {
  console.error("diff:ytt: there is no ytt on the PATH to compare with");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "lateen-diff-ytt-"));
let differences = 0;
let successes = 0;
try {
  for (const [index, files] of fc.sample(templates, { seed, numRuns: count }).entries()) {
    const real = runReal(join(folder, String(index)), files);
    if (real.crashed) continue;
    const result = render(
      Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) })),
      {},
    );
    const ours = result.ok ? result.yaml : undefined;
    if (real.stdout !== undefined) successes++;
    if (ours === real.stdout) continue;
    differences++;
    console.log(`--- ${index} of seed ${seed}`);
    for (const [path, text] of Object.entries(files)) console.log(`# ${path}\n${text}`);
    console.log(`# ytt\n${real.stdout ?? real.stderr}`);
    console.log(`# lateen\n${result.ok ? result.yaml : result.error.message}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`seed ${seed}: ${count} inputs, ${successes} that ytt renders, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;

interface RealRun {
  readonly stdout: string | undefined;
  readonly stderr: string;
  readonly crashed: boolean;
}

function runReal(directory: string, files: Files): RealRun {
  mkdirSync(directory);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  const { status, stdout, stderr } = spawnSync("ytt", ["-f", directory], { encoding: "utf8", timeout: 10_000 });
  rmSync(directory, { recursive: true });
  // A crash of ytt is a fault of ytt's, whatever lateen does.
  const crashed = status === null || stderr.includes("goroutine ") || stderr.includes("(p) ");
  return { stdout: status === 0 ? stdout : undefined, stderr, crashed };
}
