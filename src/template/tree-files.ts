import { type FileTree, relativePath, type TreeFile } from "../fetch/index.ts";

export interface NamedFile {
  /** Path below the argument that names it. */
  readonly name: string;
  /** Path among the App's files. */
  readonly source: string;
  readonly file: TreeFile;
}

/** The file at a path, or all below a folder in byte order; `undefined` when the path leaves the App's files. */
export function filesBelow(files: FileTree, path: string): readonly NamedFile[] | undefined {
  // With an `=` ytt would rename any file.
  const scoped = path.includes("=") ? undefined : relativePath(path);
  if (scoped === undefined) return undefined;
  const single = files.get(scoped);
  if (single !== undefined) return [{ name: scoped.slice(scoped.lastIndexOf("/") + 1), source: scoped, file: single }];
  const prefix = scoped === "" ? "" : `${scoped}/`;
  const found: NamedFile[] = [];
  // The tree is in byte order, and cutting off a common prefix keeps that order.
  for (const [source, file] of files) {
    if (source.startsWith(prefix)) found.push({ name: source.slice(prefix.length), source, file });
  }
  return found;
}
