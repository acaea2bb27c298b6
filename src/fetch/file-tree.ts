/** One entry of a fetched tree. A symbolic link is kept as a link; that it leads to something inside its own fetch entry has been checked. */
export interface TreeFile {
  readonly mode: "file" | "executable" | "symlink";
  /** Content; for a symlink the link text. */
  readonly bytes: Uint8Array;
}

/** Files in memory, by relative path with `/`; keys are validated (no `..`, no `.git`…) and in byte order. Nothing touches a disk. */
export type FileTree = ReadonlyMap<string, TreeFile>;
