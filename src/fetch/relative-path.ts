import { posix } from "node:path";

/**
 * A path joined to a root and cleaned, as Go's `filepath.Join` does it: `./a//b/../c` → `a/c`, `""` and `.` → `""`, a slash in front is dropped.
 * `undefined` when it climbs out of the root, which kapp-controller calls `Invalid path: …`.
 */
export function relativePath(path: string): string | undefined {
  const clean = posix.normalize(`./${path.replace(/^\/+/, "")}`).replace(/\/+$/, "");
  if (clean === ".." || clean.startsWith("../")) return undefined;
  return clean === "." ? "" : clean.replace(/^\.\//, "");
}
