import { compareVersions, parseRange, parseVersion, type Version, VersionError } from "./version-range.ts";

/** `semver` of a `refSelection` or `tagSelection`. */
export interface VersionConstraints {
  /** Empty: any version. */
  readonly constraints: string;
  /** Absent: no prereleases. An empty list allows all. */
  readonly prereleaseIdentifiers?: readonly string[];
}

/**
 * The name with the highest version that the constraints allow (app.md §4.7). One `v` in front is dropped; names that are no version do not count.
 * @throws VersionError with kapp-controller's text.
 */
export function selectVersion(names: readonly string[], selection: VersionConstraints): string {
  const all = names.flatMap(candidateOf);
  const { constraints, prereleaseIdentifiers: identifiers } = selection;
  const released = all.filter(({ version }) => isAllowed(version, identifiers));
  const steps = [`all=${all.length}`, `after-prereleases-filter=${released.length}`];
  let left = released;
  if (constraints !== "") {
    const accepts = rangeOf(constraints);
    left = released.filter(({ version }) => accepts(version));
    steps.push(`after-constraints-filter=${left.length}`);
  }
  const best = left.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1);
  if (best !== undefined) return best.name;
  throw new VersionError(`Expected to find at least one version, but did not (details: ${steps.join(" -> ")})`);
}

interface Candidate {
  readonly name: string;
  readonly version: Version;
}

function candidateOf(name: string): Candidate[] {
  try {
    return [{ name, version: parseVersion(name.replace(/^v/, "")) }];
  } catch (error) {
    if (error instanceof VersionError) return [];
    throw error;
  }
}

function isAllowed(version: Version, identifiers: readonly string[] | undefined): boolean {
  const { prerelease } = version.parsed;
  if (prerelease.length === 0) return true;
  if (identifiers === undefined) return false;
  return identifiers.length === 0 || prerelease.some((part) => identifiers.includes(String(part)));
}

function rangeOf(constraints: string): (version: Version) => boolean {
  try {
    return parseRange(constraints);
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    throw new VersionError(`Selecting versions: Parsing version constraint '${constraints}': ${error.message}`);
  }
}
