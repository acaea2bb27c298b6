/** Node processes and what they cost. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const recorder = new URL("record-usage.js", import.meta.url).href;

export interface NodeUsage {
  /** From the start of the process to its end. */
  readonly ms: number;
  /** Of 10⁶ bytes. */
  readonly peakMegabytes: number;
}

/** Runs Node with these arguments. @throws Error with what it printed when it fails. */
export async function runNode(args: readonly string[]): Promise<NodeUsage> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  const file = join(folder, "usage.json");
  try {
    const start = performance.now();
    await run(process.execPath, ["--import", recorder, ...args], {
      env: { ...process.env, LATEEN_BENCH_USAGE: file },
      maxBuffer: 64 << 20,
    });
    const ms = performance.now() - start;
    // Written by record-usage.js.
    const { peakKiB } = JSON.parse(readFileSync(file, "utf8")) as { peakKiB: number };
    return { ms, peakMegabytes: (peakKiB * 1024) / 1e6 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
