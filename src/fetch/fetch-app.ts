/**
 * The App's fetch step (app.md §4): each entry of `spec.fetch` in order into one tree of files in memory. Errors read as kapp-controller's do.
 */
import { type AppSpec, type FetchStep, fetchProblem, type GitFetch } from "../app/index.ts";
import { type GitClient, GitError, type GitSnapshot, type GitStats, maskUrl } from "../git/index.ts";
import { compareCodePoints } from "../resource/index.ts";
import { placeFault } from "./entry-places.ts";
import type { FileTree, TreeFile } from "./file-tree.ts";
import { CredentialsError } from "./git-credentials.ts";
import { createGitSteps, filesOf, type GitSteps, GitStepError } from "./git-step.ts";
import { InlineError, inlineFiles } from "./inline-files.ts";
import { formatLockConfig, type LockedContent, type LockedDirectory } from "./lock-config.ts";
import { type ReferencedData, ReferenceMissing, type ReferenceReader, readReferences } from "./referenced-data.ts";
import { relativePath } from "./relative-path.ts";
import { symlinkFault } from "./symlinks.ts";
import { contentSteps, VendirError } from "./vendir-error.ts";
import { VersionError } from "./version-range.ts";

export interface FetchDeps extends ReferenceReader {
  readonly git: GitClient;
}

/** What one git entry resolved to. */
export interface FetchedGitSource {
  /** The entry, as parsed. */
  readonly step: GitFetch;
  /** As the App writes it, credentials masked. */
  readonly url: string;
  /** The ref as written; for a selection the tag that won. */
  readonly ref: string;
  readonly commit: string;
  readonly commitTitle: string;
  /** As the App writes it. */
  readonly subPath: string;
  readonly treeId: string;
}

export interface FetchSuccess {
  readonly ok: true;
  /** The template root: the entry's own files when there is one entry without `path`, else `<path or index>/…`. Byte order. */
  readonly files: FileTree;
  /** vendir's LockConfig, for `status.fetch.stdout`. */
  readonly lock: string;
  readonly sources: readonly FetchedGitSource[];
  readonly stats: {
    readonly requests: number;
    readonly bytesReceived: number;
    readonly objects: number;
    readonly files: number;
    /** Of all files together. */
    readonly fileBytes: number;
  };
  /** What a person should know beside success. */
  readonly notes: readonly string[];
}

export interface FetchFailed {
  readonly ok: false;
  /** `status.fetch.error`. */
  readonly error: string;
  /** `status.fetch.stderr`; empty when nothing had been fetched yet. */
  readonly stderr: string;
  /** 1 where vendir would have failed, -1 before that (app.md §1.5). */
  readonly exitCode: number;
  /** What was thrown, with `retryable` and `retryAfterMs` when it is a GitError. */
  readonly cause: unknown;
}

export type FetchResult = FetchSuccess | FetchFailed;

/**
 * Fetches all entries; the first that fails stops.
 * @throws `signal.reason` on abort. Everything else is a result.
 */
export async function fetchApp(
  spec: AppSpec,
  deps: FetchDeps,
  options: { readonly signal: AbortSignal },
): Promise<FetchResult> {
  const problem = fetchProblem(spec);
  if (problem !== undefined) return failed(problem, -1, undefined);
  try {
    const data = await readReferences(spec.fetch, deps, options.signal);
    return await fetchEntries(spec.fetch, data, deps.git, options.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof VendirError)
      return failed("Fetching resources: Error (see .status.usefulErrorMessage for details)", 1, error);
    const detail = error instanceof Error ? error.message : String(error);
    return failed(`Fetching: ${detail}`, -1, error instanceof ReferenceMissing ? undefined : error);
  }
}

function failed(error: string, exitCode: number, cause: unknown): FetchFailed {
  const stderr = cause instanceof VendirError ? cause.stderr : "";
  return { ok: false, error, stderr, exitCode, cause: cause instanceof VendirError ? cause.cause : cause };
}

interface Entry {
  readonly locked: LockedContent;
  readonly files: FileTree;
  readonly source?: FetchedGitSource;
}

async function fetchEntries(
  steps: readonly FetchStep[],
  data: ReferencedData,
  git: GitClient,
  signal: AbortSignal,
): Promise<FetchSuccess> {
  const places = steps.map((step, index) => step.path ?? String(index));
  const fault = placeFault(places);
  if (fault !== undefined) {
    const steps = ["Parsing resource config '-'", "Unmarshaling config", "Validating config", ...fault.steps];
    throw new VendirError(steps, fault.detail);
  }
  const gitSteps = createGitSteps(
    git,
    steps.filter((step) => step.type === "git"),
    data,
    signal,
  );
  const only = steps.length === 1 && steps[0]?.path === undefined;
  const files: [string, TreeFile][] = [];
  const locked: LockedDirectory[] = [];
  const sources: FetchedGitSource[] = [];
  for (const [index, step] of steps.entries()) {
    const place = places[index] ?? "";
    const entry = await fetchEntry(step, place, data, gitSteps, signal);
    const prefix = only ? "" : `${relativePath(place) ?? place}/`;
    for (const [path, file] of entry.files) files.push([`${prefix}${path}`, file]);
    locked.push({ path: place, content: entry.locked });
    if (entry.source !== undefined) sources.push(entry.source);
  }
  const costs = gitSteps.costs();
  const sum = (key: keyof GitStats): number => costs.reduce((total, { stats }) => total + stats[key], 0);
  return {
    ok: true,
    files: new Map(files.sort(([a], [b]) => compareCodePoints(a, b))),
    lock: formatLockConfig(locked),
    sources,
    stats: {
      requests: sum("requests"),
      bytesReceived: sum("bytesReceived"),
      objects: sum("objects"),
      files: files.length,
      fileBytes: files.reduce((total, [, { bytes }]) => total + bytes.length, 0),
    },
    notes: costs.flatMap(({ notes }) => notes),
  };
}

async function fetchEntry(
  step: FetchStep,
  place: string,
  data: ReferencedData,
  gitSteps: GitSteps,
  signal: AbortSignal,
): Promise<Entry> {
  switch (step.type) {
    case "inline":
      return fetchInline(step, place, data);
    case "git":
      return fetchGit(step, place, gitSteps, signal);
    case "unsupported":
      // fetchProblem has answered before anything began.
      throw new VendirError([`Syncing directory '${place}'`], `unsupported kind ${step.kind}`);
  }
}

function fetchInline(step: Extract<FetchStep, { type: "inline" }>, place: string, data: ReferencedData): Entry {
  const steps = contentSteps(place, "inline");
  const repeated = step.pathsFrom.find(({ kind, name }) => kind === "configMap" && data.repeatedConfigMaps.has(name));
  if (repeated !== undefined)
    throw new VendirError(steps, `Expected to find one config map '${repeated.name}', but found multiple`);
  try {
    const files = inlineFiles(step, data);
    if (files.size > 0) return { locked: { kind: "inline" }, files };
  } catch (error) {
    if (!(error instanceof InlineError)) throw error;
    throw new VendirError(steps, error.message, { cause: error });
  }
  throw new VendirError(
    [`Syncing directory '${place}'`, "Filtering paths in directory '.'"],
    "Expected to find at least one file within directory",
  );
}

async function fetchGit(
  step: Extract<FetchStep, { type: "git" }>,
  place: string,
  gitSteps: GitSteps,
  signal: AbortSignal,
): Promise<Entry> {
  const subPath = relativePath(step.subPath);
  try {
    const { ref, snapshot, tags } = await gitSteps.fetch(step);
    if (subPath === undefined) throw subPathError(place, `Invalid path: ${step.subPath}`);
    refuseLocation(place, subPath, snapshot);
    const files = filesOf(step, snapshot, subPath);
    const fault = symlinkFault(place, files);
    if (fault !== undefined) throw new VendirError([], fault);
    const { commit, commitTitle } = snapshot;
    return {
      locked: { kind: "git", commitTitle, sha: commit, tags },
      files,
      source: {
        step,
        url: maskUrl(step.url),
        ref: step.ref === "" ? ref.ref : step.ref,
        commit,
        commitTitle,
        subPath: step.subPath,
        treeId: snapshot.treeIds.get(subPath) ?? "",
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    const isOwn = [GitError, GitStepError, CredentialsError, VersionError].some((kind) => error instanceof kind);
    // All four are classes of Error.
    if (isOwn)
      throw new VendirError([...contentSteps(place, "git"), "Fetching git repository"], (error as Error).message, {
        cause: error,
      });
    throw error;
  }
}

function refuseLocation(place: string, subPath: string, snapshot: GitSnapshot): void {
  const location = snapshot.locations.get(subPath);
  if (location === undefined || location.kind === "directory") return;
  if (location.kind === "missing") {
    // vendir's clone has git's own directory beside the repository's.
    const found = [...(location.parent === "" ? [".git"] : []), ...location.directories];
    throw subPathError(
      place,
      `Expected directory '${subPath}' (subpath) to exist (found other directories: ${found.join(", ")})`,
    );
  }
  throw subPathError(
    place,
    `Expected '${subPath}' (subpath) to be a directory, but '${location.path}' is a ${location.kind}`,
  );
}

function subPathError(place: string, detail: string): VendirError {
  return new VendirError([`Syncing directory '${place}'`, "Changing to new root path '.'"], detail);
}
