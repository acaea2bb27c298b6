import type { FileTree } from "./file-tree.ts";

/** git-lfs pointers are texts of under 1,024 bytes that begin so (git-lfs' specification). */
const pointerStart = Buffer.from("version https://git-lfs.github.com/spec/v1\n");
const maxPointerBytes = 1024;

/**
 * The first file that is a git-lfs pointer, not the content it stands for.
 * @param options.allowOpaque pass over pointers that no template reads: the App asked for pointers (`lfsSkipSmudge`), yet YAML must be real.
 */
export function lfsPointerIn(files: FileTree, options: { readonly allowOpaque: boolean }): string | undefined {
  for (const [path, file] of files) {
    if (file.mode === "symlink" || file.bytes.length > maxPointerBytes) continue;
    if (!pointerStart.equals(file.bytes.subarray(0, pointerStart.length))) continue;
    if (!options.allowOpaque || /\.ya?ml$/i.test(path)) return path;
  }
  return undefined;
}
