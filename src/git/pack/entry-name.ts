/**
 * Which names of a tree may become paths: git's verify-path rules with its protections for HFS+ and NTFS always on (CVE-2014-9390), for nobody knows on what the files end up.
 */
import { GitError } from "../git-error.ts";
import { decodeStrict, escapeBytes, escapeText } from "../text.ts";

/** Longest name and path in bytes that every file system of today takes (reliability.md B43). */
const maxNameBytes = 255;
const maxPathBytes = 4096;

/**
 * The path of an entry named `name` below the directory `parent` (`""` = root).
 * @throws GitError `GIT_PATH` naming the escaped path.
 */
export function childPath(parent: string, name: Uint8Array): string {
  const text = decodeStrict(name);
  const shown = `${parent === "" ? "" : `${escapeText(parent)}/`}${text === undefined ? escapeBytes(name) : escapeText(text)}`;
  if (text === undefined) throw badPath(shown, "is not UTF-8");
  const reason = faultOfName(text, name.length);
  if (reason !== undefined) throw badPath(shown, reason);
  const path = parent === "" ? text : `${parent}/${text}`;
  if (path.length > maxPathBytes / 4 && Buffer.byteLength(path) > maxPathBytes)
    throw badPath(shown, `is over ${maxPathBytes} bytes long`);
  return path;
}

function faultOfName(name: string, bytes: number): string | undefined {
  if (name === "" || name === "." || name === "..") return "is a name that means another directory";
  if (/[/\\\0]/.test(name)) return "has a slash, backslash or NUL in a name";
  if (bytes > maxNameBytes) return `has a name of over ${maxNameBytes} bytes`;
  if (/^[A-Za-z]:/.test(name)) return "begins with a drive letter";
  if (isDotGit(name)) return "could be taken for git's own directory";
  return undefined;
}

/** Code points that HFS+ passes over when it compares names. */
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** `.git` as some file system may read it: any case, ignorable code points, NTFS short name, trailing dots and spaces, stream suffixes. */
function isDotGit(name: string): boolean {
  const bare = name
    .replace(ignoredByHfs, "")
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "")
    .toLowerCase();
  return bare === ".git" || bare === "git~1";
}

function badPath(shown: string, reason: string): GitError {
  return new GitError(`path "${shown}" ${reason}`, { code: "GIT_PATH", path: shown });
}
