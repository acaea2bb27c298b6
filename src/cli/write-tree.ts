import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GitFile } from "../git/index.ts";
import { UsageError } from "./exit-code.ts";

/**
 * Writes files into `folder/below`: contents, executable bits and symbolic links as they are in git. Links come last, so that no file is ever
 * written through one.
 * @throws UsageError when that folder holds something already.
 */
export function writeTree(folder: string, below: string, files: ReadonlyMap<string, GitFile>): void {
  const root = join(folder, below);
  mkdirSync(root, { recursive: true });
  if (readdirSync(root).length > 0) throw new UsageError(`${root}: is not empty`);
  const entries = [...files].sort(([, a], [, b]) => Number(a.mode === "symlink") - Number(b.mode === "symlink"));
  for (const [path, file] of entries) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (file.mode === "symlink") symlinkSync(Buffer.from(file.bytes), target);
    else {
      // `wx`: on a file system that takes two names for one, the second is refused instead of overwriting the first.
      writeFileSync(target, file.bytes, { flag: "wx" });
      if (file.mode === "executable") chmodSync(target, 0o755);
    }
  }
}
