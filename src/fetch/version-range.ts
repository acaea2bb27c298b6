/**
 * Version constraints as kapp-controller reads them (packaging.md §2.3): space = and, `||` = or, `= == ! != > >= < <=`, wildcard `x` in the last part.
 * No `^`, `~`, hyphens or commas: npm's own ranges mean other things, so only parsing and precedence of versions come from the semver package.
 */
import { compareBuild, parse, type SemVer } from "semver";

/** A version, with build metadata taking part in the order: none < any, then part by part. */
export interface Version {
  readonly parsed: SemVer;
}

/** A text that is no version or no range; the message is kapp-controller's. */
export class VersionError extends Error {}

const digits = /^\d+$/;
const identifier = /^[0-9A-Za-z-]+$/;
const longestNumber = 18_446_744_073_709_551_615n;

/**
 * Exactly `MAJOR.MINOR.PATCH[-PRE][+BUILD]`, no `v`.
 * @throws VersionError. Numbers above 2^53-1, which kapp-controller takes up to 2^64-1, are out of range here.
 */
export function parseVersion(text: string): Version {
  if (text === "") throw new VersionError("Version string empty");
  const [withoutBuild = "", ...builds] = text.split("+");
  const dash = withoutBuild.indexOf("-");
  const core = dash < 0 ? withoutBuild : withoutBuild.slice(0, dash);
  const parts = core.split(".");
  if (parts.length < 3) throw new VersionError("No Major.Minor.Patch elements found");
  const [major = "", minor = "", ...patch] = parts;
  checkNumber("Major", major);
  checkNumber("Minor", minor);
  checkNumber("Patch", patch.join("."));
  if (dash >= 0) for (const part of withoutBuild.slice(dash + 1).split(".")) checkPrerelease(part);
  if (builds.length > 0) for (const part of builds.join("+").split(".")) checkBuild(part);
  const parsed = parse(text);
  if (parsed === null) throw new VersionError(`value out of range: "${text}"`);
  return { parsed };
}

export function compareVersions(left: Version, right: Version): number {
  return compareBuild(left.parsed, right.parsed);
}

function checkNumber(name: string, text: string): void {
  if (!digits.test(text))
    throw new VersionError(`Invalid character(s) found in ${name.toLowerCase()} number "${text}"`);
  if (text.length > 1 && text.startsWith("0"))
    throw new VersionError(`${name} number must not contain leading zeroes "${text}"`);
  checkRange(text);
}

function checkRange(text: string): void {
  if (BigInt(text) > longestNumber) throw new VersionError(`strconv.ParseUint: parsing "${text}": value out of range`);
}

function checkPrerelease(part: string): void {
  if (part === "") throw new VersionError("PreRelease is empty");
  if (!identifier.test(part)) throw new VersionError(`Invalid character(s) found in PreRelease "${part}"`);
  if (!digits.test(part)) return;
  if (part.length > 1 && part.startsWith("0")) {
    throw new VersionError(`Numeric PreRelease version must not contain leading zeroes "${part}"`);
  }
  checkRange(part);
}

function checkBuild(part: string): void {
  if (part === "") throw new VersionError("BuildMeta is empty");
  if (!identifier.test(part)) throw new VersionError(`Invalid character(s) found in BuildMeta "${part}"`);
}

type Comparator = (order: number) => boolean;

const comparators: ReadonlyMap<string, Comparator> = new Map([
  ["", (order) => order === 0],
  ["=", (order) => order === 0],
  ["==", (order) => order === 0],
  ["!", (order) => order !== 0],
  ["!=", (order) => order !== 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
]);

/**
 * A test for versions.
 * @throws VersionError with kapp-controller's text.
 */
export function parseRange(text: string): (version: Version) => boolean {
  const alternatives = splitAlternatives(splitPieces(text)).map((pieces) =>
    pieces.flatMap(expandWildcard).map(parsePiece),
  );
  return (version) => alternatives.some((tests) => tests.every((accepts) => accepts(version)));
}

/** Blanks separate pieces, but not after `>`, `<` and `=`; pieces of one character are dropped without a word. */
function splitPieces(text: string): string[] {
  return text
    .replace(/([<>=]) +/g, "$1")
    .split(" ")
    .filter((piece) => piece.length > 1);
}

function splitAlternatives(pieces: readonly string[]): string[][] {
  if (pieces[0] === "||") throw new VersionError("First element in range is '||'");
  const alternatives: string[][] = [[]];
  for (const piece of pieces) {
    if (piece === "||") alternatives.push([]);
    else alternatives.at(-1)?.push(piece);
  }
  if (alternatives.at(-1)?.length === 0) throw new VersionError("Last element in range is '||'");
  return alternatives;
}

/** `1.2.x` → `>=1.2.0 <1.3.0`. Any piece with an `x` comes here, also one whose `x` is no wildcard. */
function expandWildcard(piece: string): string[] {
  if (!piece.includes("x")) return [piece];
  const { operator, version } = splitPiece(piece);
  const flat = version.replace(".x.x", ".x").replace(".x", ".0");
  const low = flat.split(".").length === 2 ? `${flat}.0` : flat;
  const high = nextAfterWildcard(version, low);
  switch (operator) {
    case ">":
      return [`>=${high}`];
    case ">=":
      return [`>=${low}`];
    case "<":
      return [`<${low}`];
    case "<=":
      return [`<${high}`];
    case "":
    case "=":
    case "==":
      return [`>=${low}`, `<${high}`];
    case "!":
    case "!=":
      return [`<${low}`, `>=${high}`];
    default:
      // An operator that is none is lost here, and the version stands for itself.
      return [low];
  }
}

/** The first version that the wildcard no longer covers; empty when the `x` was no wildcard, which then fails as a piece. */
function nextAfterWildcard(version: string, low: string): string {
  const parts = version.split(".");
  if (parts.at(-1) !== "x") return "";
  const [major = "", minor = ""] = low.split(".");
  if (parts.length === 3 && digits.test(minor)) return `${major}.${BigInt(minor) + 1n}.0`;
  return parts.length === 2 && digits.test(major) ? `${BigInt(major) + 1n}.0.0` : "";
}

function parsePiece(piece: string): (version: Version) => boolean {
  const { operator, version } = splitPiece(piece);
  const accepts = comparators.get(operator);
  if (accepts === undefined) {
    throw new VersionError(`Could not parse Range "${piece}": Could not parse comparator "${operator}" in "${piece}"`);
  }
  try {
    const wanted = parseVersion(version);
    return (candidate) => accepts(compareVersions(candidate, wanted));
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    throw new VersionError(
      `Could not parse Range "${piece}": Could not parse version "${version}" in "${piece}": ${error.message}`,
    );
  }
}

function splitPiece(piece: string): { readonly operator: string; readonly version: string } {
  const start = piece.search(/\d/);
  if (start < 0) throw new VersionError(`Could not get version from string: "${piece}"`);
  return { operator: piece.slice(0, start), version: piece.slice(start) };
}
