/**
 * Runs the benchmarks: `npm run bench`, or `npm run bench -- NAME… [--rounds N] [--json FILE]`. Figures also go to a JSON file. The exit code
 * tells whether they ran, not whether targets were met: a busy machine is no defect.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { apps } from "./apps.ts";
import { deploy } from "./deploy.ts";
import { drift } from "./drift.ts";
import { functions } from "./functions.ts";
import { git } from "./git.ts";
import { graph } from "./graph.ts";
import { imports } from "./imports.ts";
import { memory } from "./memory.ts";
import { push } from "./push.ts";
import { ytt } from "./ytt.ts";
import { type Benchmark, Skip } from "./support/benchmark.ts";
import { createReport, type Figure } from "./support/report.ts";

const benchmarks: readonly Benchmark[] = [push, deploy, apps, graph, drift, git, memory, imports, functions, ytt];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string" }, json: { type: "string" } },
});
const unknown = positionals.filter((name) => benchmarks.every((benchmark) => benchmark.name !== name));
if (unknown.length > 0) {
  print(`no such benchmark: ${unknown.join(", ")}; there are:`);
  for (const { name, summary } of benchmarks) print(`  ${name.padEnd(8)} ${summary}`);
  process.exit(2);
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  load: loadavg()[0] ?? 0,
  at: new Date().toISOString(),
};
print(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load.toFixed(1)} at ${machine.at}`);

const figures: Figure[] = [];
for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  const report = createReport(benchmark.name, print);
  try {
    await benchmark.run(report, { rounds: values.rounds === undefined ? undefined : Number(values.rounds) });
  } catch (error) {
    if (error instanceof Skip) print(`\n${benchmark.name}: skipped: ${error.message}`);
    else {
      print(`\n${benchmark.name}: failed`);
      console.error(error);
      process.exitCode = 1;
    }
  }
  figures.push(...report.figures);
}

const missed = figures.filter(({ met }) => met === false);
const aimed = figures.filter(({ met }) => met !== undefined);
print(`\n${aimed.length - missed.length} of ${aimed.length} targets met, load now ${(loadavg()[0] ?? 0).toFixed(1)}`);
const file = values.json ?? join(mkdtempSync(join(tmpdir(), "lateen-bench-results-")), "results.json");
writeFileSync(file, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
print(`figures: ${file}`);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
