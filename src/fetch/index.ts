export {
  type FetchDeps,
  type FetchedGitSource,
  type FetchFailed,
  fetchApp,
  type FetchResult,
  type FetchSuccess,
} from "./fetch-app.ts";
export type { FileTree, TreeFile } from "./file-tree.ts";
export { credentialsOf, type SecretReader } from "./git-credentials.ts";
export { InlineError, inlineFiles } from "./inline-files.ts";
export { ReferenceMissing, readReferences } from "./referenced-data.ts";
export { relativePath } from "./relative-path.ts";
export { type GitRefResult, type RefChoice, resolveGitRef } from "./resolve-git-ref.ts";
export { selectVersion, type VersionConstraints } from "./select-version.ts";
export { compareVersions, parseRange, parseVersion, type Version, VersionError } from "./version-range.ts";
