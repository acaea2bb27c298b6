import type { InlineFiles } from "../app/index.ts";
import type { TreeFile } from "./file-tree.ts";
import type { ReferencedData } from "./referenced-data.ts";
import { relativePath } from "./relative-path.ts";

/** A file that cannot be placed; the message is kapp-controller's. */
export class InlineError extends Error {}

/**
 * Files of an inline entry: `paths` first, then the keys of each Secret and ConfigMap of `pathsFrom` in order; a later file replaces an earlier one (app.md §4.6).
 * @throws InlineError
 */
export function inlineFiles(inline: InlineFiles, data: ReferencedData): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  const encoder = new TextEncoder();
  for (const [path, content] of inline.paths) place(files, path, encoder.encode(content));
  for (const source of inline.pathsFrom) {
    if (source.kind === "none") throw new InlineError("Expected either secretRef or configMapRef as a source");
    const keys = source.kind === "secret" ? data.secret(source.name) : data.configMap(source.name);
    for (const [key, bytes] of keys) place(files, `${source.directoryPath}/${key}`, bytes);
  }
  return files;
}

function place(files: Map<string, TreeFile>, path: string, bytes: Uint8Array): void {
  const clean = relativePath(path);
  if (clean === undefined || clean === "" || clean.includes("\0")) throw new InlineError(`Invalid path: ${path}`);
  const parents = parentsOf(clean);
  const blocked = parents.find((parent) => files.has(parent));
  if (blocked !== undefined) throw new InlineError(`mkdir ${blocked}: not a directory`);
  for (const existing of files.keys())
    if (existing.startsWith(`${clean}/`)) throw new InlineError(`open ${clean}: is a directory`);
  files.set(clean, { mode: "file", bytes });
}

function parentsOf(path: string): string[] {
  const segments = path.split("/");
  return segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
