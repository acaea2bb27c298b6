import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The version in package.json, both in a checkout and in the published package. */
export function version(): string {
  const path = findPackageJSON(import.meta.url);
  if (path === undefined) throw new Error("lateen lies outside its package: no package.json found");
  // Our own file: it has a version.
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
