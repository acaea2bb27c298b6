/**
 * What a start costs: the whole life of a Node process that loads an entry and ends, and of the smallest commands. Sources are TypeScript that Node strips
 * as it loads them; the bundles of `npm run build`, where they are made, are what is published and what runs as functions.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "./support/benchmark.ts";
import { runNode } from "./support/run-node.ts";

const root = new URL("../", import.meta.url);

const programs: readonly { readonly name: string; readonly needs?: string; readonly args: readonly string[] }[] = [
  { name: "node, nothing loaded", args: ["-e", "0"] },
  { name: "sources: lateen --help", args: [pathOf("src/cli/main.ts"), "--help"] },
  { name: "sources: lateen deploy --help", args: [pathOf("src/cli/main.ts"), "deploy", "--help"] },
  ...["functions", "reconcile", "deploy", "git", "cluster", "hub", "http", "template", "fetch"].map((room) => ({
    name: `sources: import src/${room}`,
    args: load(`src/${room}/index.ts`),
  })),
  { name: "bundle: lateen --help", needs: "dist/cli.js", args: [pathOf("dist/cli.js"), "--help"] },
  ...["index", "deploy", "git"].map((entry) => ({
    name: `bundle: import dist/${entry}.js`,
    needs: `dist/${entry}.js`,
    args: load(`dist/${entry}.js`),
  })),
];

export const imports: Benchmark = {
  name: "imports",
  summary: "start of the command and of each entry",
  async run(report, { rounds = 7 }) {
    report.section("from the start of a process to its end");
    const skipped: string[] = [];
    for (const { name, needs, args } of programs) {
      if (needs !== undefined && !existsSync(pathOf(needs))) {
        skipped.push(needs);
        continue;
      }
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push((await runNode(args)).ms);
      report.row(name, times);
    }
    if (skipped.length > 0) report.note(`not there: ${skipped.join(", ")} (npm run build makes them)`);
  },
};

function load(path: string): readonly string[] {
  return ["--input-type=module", "-e", `await import(${JSON.stringify(new URL(path, root).href)}); process.exit()`];
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, root));
}
