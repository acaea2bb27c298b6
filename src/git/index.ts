export {
  type AddressClass,
  type AddressPolicy,
  classifyAddress,
  cloudAddressPolicy,
  localAddressPolicy,
} from "../dial/index.ts";
export { createGitClient, type GitClientDeps } from "./client.ts";
export type {
  Description,
  GitCallOptions,
  GitClient,
  GitSnapshot,
  GitStats,
  RefList,
  RefResolution,
  TreeIds,
  TreeRequest,
} from "./git-client.ts";
export { GitError, type GitErrorOptions, type GitFailure, type GitFailureCode, gitFailure } from "./git-error.ts";
export { createGitTransport, type GitTransport, type GitTransportOptions } from "./http-transport.ts";
export { defaultGitLimits, type GitLimits } from "./limits.ts";
export { createMemoryObjectCache, type MemoryObjectCacheOptions, type ObjectCache } from "./object-cache.ts";
export { type GitObject, isObjectId, objectId, type ObjectType } from "./pack/object.ts";
export { type Credentials, maskUrl, parseRepoUrl, type Repository, type RepoUrl } from "./repo-url.ts";
export { findRef, prefixesFor, type ResolvedRef, tagNames } from "./resolve-ref.ts";
export type { GitFetch, GitRequest, GitResponse } from "./transport.ts";
export type { GitFile, Location } from "./walk.ts";
export type { Ref } from "./wire/ls-refs.ts";
