/** The step's `valuesFrom` as files of data values (app.md §5.5). */
import type { App, ValuesFrom } from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import { compareCodePoints } from "../resource/index.ts";
import { type DataValuesFile, type InputFile, stdinName, yttMessages } from "../ytt/index.ts";
import { type ClusterFacts, downwardFiles } from "./downward-api.ts";
import type { ReadReference } from "./inline-files.ts";
import { filesBelow } from "./tree-files.ts";

export interface ValuesDeps {
  readonly app: App;
  readonly files: FileTree;
  readonly readReference: ReadReference;
  readonly cluster: ClusterFacts;
  /** Output of the step before, for the path `-`. */
  readonly stdin: Uint8Array | undefined;
}

/** Values in their order, or the text of the stage's error. */
export async function valuesFiles(
  valuesFrom: readonly ValuesFrom[],
  deps: ValuesDeps,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly values: readonly DataValuesFile[] } | { readonly refusal: string }> {
  const values: DataValuesFile[] = [];
  for (const source of valuesFrom) {
    const found = await filesOf(source, deps, options);
    if ("refusal" in found) return { refusal: `Preparing template values: ${found.refusal}` };
    for (const file of found.files)
      values.push({ argument: file.path, files: [file], ...(source.type === "secret" ? { isSecret: true } : {}) });
  }
  return { values };
}

type Found = { readonly files: readonly InputFile[] } | { readonly refusal: string };

async function filesOf(
  source: ValuesFrom,
  deps: ValuesDeps,
  options: { readonly signal: AbortSignal },
): Promise<Found> {
  switch (source.type) {
    case "none":
      return { refusal: "Expected one of secretRef, configMapRef, downwardAPI, or path as a source" };
    case "secret":
    case "configMap": {
      const data = await deps.readReference({ kind: source.type, name: source.name }, options);
      const kind = source.type === "secret" ? "secrets" : "configmaps";
      return data === undefined ? { refusal: `${kind} "${source.name}" not found` } : { files: byName(data) };
    }
    case "path":
      return pathFiles(source.path, deps);
    case "downwardAPI":
      return downwardFiles(source.items, deps, options);
  }
}

function byName(data: ReadonlyMap<string, Uint8Array>): readonly InputFile[] {
  return [...data].map(([path, bytes]) => ({ path, bytes })).sort((a, b) => compareCodePoints(a.path, b.path));
}

function pathFiles(path: string, { files, stdin }: ValuesDeps): Found {
  if (path === "-") return { files: stdin === undefined ? [] : [{ path: stdinName, bytes: stdin }] };
  const found = filesBelow(files, path);
  if (found === undefined) return { refusal: `Invalid path: ${path}` };
  if (found.length === 0) return { refusal: yttMessages.missingFile(path) };
  const link = found.find(({ file }) => file.mode === "symlink");
  if (link !== undefined) return { refusal: `Expected '${link.source}' to be a file, but it is a symbolic link` };
  return { files: found.map(({ name, file }) => ({ path: name, bytes: file.bytes })) };
}
