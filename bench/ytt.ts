/**
 * Rendering beside the real ytt, when that is on the PATH: warm in this process, and as commands. Ratios of one run count; the machine is
 * shared.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type InputFile, render } from "../src/ytt/index.ts";
import type { Benchmark } from "./support/benchmark.ts";
import type { Report } from "./support/report.ts";
import { median } from "./support/statistics.ts";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

export const ytt: Benchmark = {
  name: "ytt",
  summary: "templates: 2,000 documents, overlays, 10,000 plain ones, a large package, small renders; beside ytt",
  run(report, { rounds = 7 }) {
    const hasYtt = isOnPath("ytt");
    const folder = mkdtempSync(join(tmpdir(), "lateen-bench-ytt-"));
    try {
      execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build.ts", import.meta.url))], {
        stdio: "ignore",
      });
      for (const [name, files] of Object.entries(inputs))
        measure(report, { name, files: files(), folder, rounds, hasYtt });
      smallRenders(report);
      report.note(hasYtt ? "ytt: as a process, which is how it runs" : "ytt is not on the PATH: no ratios");
      report.note(`memory of this process at its peak: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return Promise.resolve();
  },
};

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly name: string;
  readonly files: Files;
  readonly folder: string;
  readonly rounds: number;
  readonly hasYtt: boolean;
}

function measure(report: Report, { name, files, folder, rounds, hasYtt }: Case): void {
  report.section(name);
  const directory = join(folder, name.replaceAll(/\W+/g, "-"));
  mkdirSync(directory);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  const given = inputFiles(files);
  renderAll(given);
  const warm = repeat(rounds, () => renderAll(given));
  const command = repeat(Math.min(rounds, 5), () => run(process.execPath, [cli, "ytt", "-f", directory]));
  if (!hasYtt) {
    report.row("lateen, in process", warm);
    report.row("lateen, command", command);
    return;
  }
  const real = repeat(Math.min(rounds, 5), () => run("ytt", ["-f", directory]));
  const reference = median(real);
  report.row("ytt, command", real);
  report.row("lateen, in process", warm, { target: { median: reference * 0.5 } });
  report.row("lateen, command", command, { target: { median: reference } });
}

function smallRenders(report: Report): void {
  report.section("200 small renders in a row, each");
  const files = inputFiles({ "config.yml": smallTemplate, "values.yml": smallValues });
  renderAll(files);
  report.row(
    "lateen, in process",
    repeat(5, () => {
      for (let i = 0; i < 200; i++) renderAll(files);
    }).map((ms) => ms / 200),
    { target: { median: 5 } },
  );
}

function inputFiles(files: Files): readonly InputFile[] {
  return Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
}

function renderAll(files: readonly InputFile[]): void {
  const result = render(files, { limits: { maxDocuments: 100_000, maxOutput: 256 * 1024 * 1024 } });
  if (!result.ok) throw new Error(result.error.message);
}

function repeat(rounds: number, work: () => void): readonly number[] {
  return Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"], maxBuffer: 256 * 1024 * 1024 });
}

function isOnPath(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const loops = `#@ def labels(i):
app: #@ "app-{}".format(i)
tier: #@ "front" if i % 2 == 0 else "back"
#@ end

#@ for i in range(2000):
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: #@ "config-{}".format(i)
  labels: #@ labels(i)
data:
  #@ for key in ["a", "b", "c"]:
  #@yaml/text-templated-strings
  key-(@= key @): #@ key * 3
  #@ end
  #@ if i % 3 == 0:
  extra: "yes"
  #@ end
#@ end
`;

const overlay = `#@ load("@ytt:overlay", "overlay")
#@overlay/match by=overlay.all, expects="1+"
---
metadata:
  #@overlay/match missing_ok=True
  annotations:
    owner: platform
  labels:
    #@overlay/match missing_ok=True
    team: one
`;

const smallTemplate = `#@ load("@ytt:data", "data")
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: #@ data.values.name
spec:
  replicas: #@ data.values.replicas
  template:
    spec:
      containers:
      #@ for port in data.values.ports:
      - name: #@ "c-{}".format(port)
        ports:
        - containerPort: #@ port
      #@ end
`;
const smallValues = `#@data/values-schema
---
name: web
replicas: 2
ports:
- 80
`;

const inputs: Readonly<Record<string, () => Files>> = {
  "2,000 templated documents": () => ({ "config.yml": loops }),
  "the same with an overlay over all": () => ({ "config.yml": loops, "overlay.yml": overlay }),
  "10,000 plain documents of 1.2 MB": () => ({
    "plain.yml": Array.from({ length: 10_000 }, (_, i) => plainDocument(i)).join("---\n"),
  }),
  "a package of 1 MB with a few templated lines": () => ({ "crds.yml": largePackage(), "values.yml": smallValues }),
};

function plainDocument(i: number): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-${i}\n  namespace: default\ndata:\n  key: value-${i}\n  other: "text ${i}"\n`;
}

/** Like cert-manager's: custom resource definitions with long schemas, and a name here and there from the data values. */
function largePackage(): string {
  const property = (depth: number): string =>
    Array.from({ length: 6 }, (_, i) => {
      const pad = "  ".repeat(depth);
      const inner = depth > 5 ? "" : `${pad}  properties:\n${property(depth + 2)}`;
      return `${pad}field${i}:\n${pad}  description: Field ${i} of an object that says what it is for, at some length.\n${pad}  type: ${inner === "" ? "string" : "object"}\n${inner}`;
    }).join("");
  const definition = (i: number): string =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: kind${i}.example.com\n  labels:\n    app: #@ data.values.name\nspec:\n  schema:\n    properties:\n${property(3)}`;
  return `#@ load("@ytt:data", "data")\n---\n${Array.from({ length: 34 }, (_, i) => definition(i)).join("---\n")}`;
}
