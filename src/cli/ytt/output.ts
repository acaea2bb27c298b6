import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  documentsAsJson,
  documentsAsPositions,
  type RenderedDocument,
  type RenderResult,
  YttError,
} from "../../ytt/index.ts";
import type { Terminal } from "../terminal.ts";

const formats = ["yaml", "json", "pos"] as const;
const schemaFormats = ["openapi-v3"];

export type Format = (typeof formats)[number];

/** The format of documents, and whether a schema is asked for as OpenAPI. The first of each kind counts. */
export function outputTypes(types: readonly string[]): { readonly format: Format; readonly isOpenApi: boolean } {
  for (const type of types)
    if (!schemaFormats.includes(type) && !formats.some((format) => format === type))
      throw new YttError(`Unknown output type '${type}'`);
  const format = formats.find(
    (candidate) => types.find((type) => formats.some((known) => known === type)) === candidate,
  );
  return { format: format ?? "yaml", isOpenApi: types.some((type) => schemaFormats.includes(type)) };
}

export type Rendered = Extract<RenderResult, { readonly ok: true }>;

export function formatted({ documents, yaml }: Rendered, format: Format): string {
  switch (format) {
    case "yaml":
      return yaml;
    case "json":
      return documentsAsJson(documents);
    case "pos":
      return documentsAsPositions(documents);
  }
}

export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** Text files first, then one YAML file per file with documents. */
export function outputFiles({ documents, texts }: Rendered): readonly OutputFile[] {
  const byPath: { path: string; input: RenderedDocument["input"]; yaml: string[] }[] = [];
  for (const { path, input, yaml } of documents) {
    const last = byPath.at(-1);
    if (last?.input === input) last.yaml.push(yaml);
    else byPath.push({ path, input, yaml: [yaml] });
  }
  return [...texts, ...byPath.map(({ path, yaml }) => ({ path, text: yaml.join("---\n") }))];
}

const suspiciousDirectories = ["/", ".", "./", ""];

/** Empties the directory first. */
export function writeEmptied(directory: string, files: readonly OutputFile[], terminal: Terminal): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) throw new YttError(`Multiple files have same output destination paths: ${path}`);
    paths.add(path);
  }
  if (suspiciousDirectories.includes(directory))
    throw new YttError(`Expected output directory path to not be one of '${suspiciousDirectories.join("', '")}'`);
  rmSync(directory, { recursive: true, force: true });
  writeInto(directory, files, terminal);
}

export function writeInto(directory: string, files: readonly OutputFile[], terminal: Terminal): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const { path, text } of files) {
    const target = join(directory, path);
    terminal.out(`creating: ${target}`);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, text, { mode: 0o700 });
  }
}
