/** One entry of a fetched tree. Symlinks are already resolved to their target's bytes, or refused. */
export interface TreeFile {
  readonly mode: "file" | "executable" | "symlink";
  /** Content; for a symlink the link text. */
  readonly bytes: Uint8Array;
}

/** Files in memory, by relative path with `/`; keys are validated (no `..`, no `.git`…) and in byte order. Nothing touches a disk. */
export type FileTree = ReadonlyMap<string, TreeFile>;
