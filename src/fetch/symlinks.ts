import type { FileTree } from "./file-tree.ts";

/** Links that may be followed one after the other (reliability.md L8). */
const maxHops = 40;
/** Longest link text in bytes that a file system takes. */
const maxTargetBytes = 4096;

/**
 * Checks that every symbolic link of a tree leads to something inside it, as vendir does after a fetch: walked as text, nothing is opened.
 * Returns the first fault in vendir's words, with the link's name; `undefined` if there is none.
 * @param directory the entry's place below the fetch root, for the texts.
 */
export function symlinkFault(directory: string, tree: FileTree): string | undefined {
  const directories = directoriesOf(tree);
  for (const [path, file] of tree) {
    if (file.mode !== "symlink") continue;
    const fault = followLink(directory, path, tree, directories);
    if (fault !== undefined) return `${fault} (link ${path})`;
  }
  return undefined;
}

function directoriesOf(tree: FileTree): ReadonlySet<string> {
  const directories = new Set<string>([""]);
  for (const path of tree.keys()) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
      directories.add(path.slice(0, slash));
  }
  return directories;
}

function followLink(
  directory: string,
  link: string,
  tree: FileTree,
  directories: ReadonlySet<string>,
): string | undefined {
  let at: readonly string[] = [];
  let rest: readonly string[] = link.split("/");
  let hops = 0;
  while (rest.length > 0) {
    const [segment = "", ...after] = rest;
    rest = after;
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (at.length === 0) return escapeFault(directory, after);
      at = at.slice(0, -1);
      continue;
    }
    const path = [...at, segment].join("/");
    const file = tree.get(path);
    if (file === undefined && !directories.has(path))
      return `Unable to resolve symlink: lstat ${directory}/${path}: no such file or directory`;
    if (file?.mode !== "symlink") {
      if (file !== undefined && after.some((next) => next !== ""))
        return `Unable to resolve symlink: lstat ${directory}/${path}/${after.join("/")}: not a directory`;
      at = [...at, segment];
      continue;
    }
    if (++hops > maxHops) return "Unable to resolve symlink: EvalSymlinks: too many links";
    if (file.bytes.length > maxTargetBytes || file.bytes.length === 0)
      return `Unable to resolve symlink: readlink ${directory}/${path}: file name too long or empty`;
    const target = Buffer.from(file.bytes).toString("utf8");
    if (target.includes("\0") || target.includes("\ufffd"))
      return `Unable to resolve symlink: readlink ${directory}/${path}: invalid name`;
    if (target.startsWith("/")) return `Invalid symlink found to outside parent directory: ${JSON.stringify(target)}`;
    rest = [...target.split("/"), ...after];
  }
  return undefined;
}

/** What lies beside the entry is never looked at: for the link it is not there. */
function escapeFault(directory: string, after: readonly string[]): string {
  const next = after.find((segment) => segment !== "" && segment !== ".");
  if (next === undefined)
    return `Invalid symlink found to outside parent directory: ${JSON.stringify(`${directory}/..`)}`;
  return `Unable to resolve symlink: lstat ${directory}/../${next}: no such file or directory`;
}
