import {
  annotationsOf,
  apiVersionOf,
  compareCodePoints,
  describeResource,
  equalJson,
  kindOf,
  type KubeObject,
  nameOf,
  namespaceOf,
  uniqueKey,
} from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { matches } from "../config/matchers.ts";
import type { TemplateRule } from "../config/template-rules.ts";
import { compareResources, type Comparison, type ComparisonRules } from "../diff/compare.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import { DeployError } from "../failure.ts";
import { type Reference, renameReferences } from "./references.ts";
import { type ExistingVersion, isVersioned, versionsByKey, withName, withVersion } from "./version-name.ts";

/** One versioned resource of the input, under the name of the version that it will be. */
export interface PlannedVersion {
  readonly fresh: KubeObject;
  /** The newest version on the cluster. */
  readonly newest?: ExistingObject;
  /** Set when `fresh` is a new version: against the newest. */
  readonly comparison?: Comparison;
}

export interface VersionPlan {
  readonly versions: readonly PlannedVersion[];
  /** New resources without versions, with references to the versions that will be there. */
  readonly plain: readonly KubeObject[];
  /** Existing objects that are compared with `plain`. */
  readonly others: readonly ExistingObject[];
  /** Versions that nobody needs any more. */
  readonly surplus: readonly ExistingObject[];
  /** Older versions that stay. */
  readonly kept: readonly ExistingObject[];
}

/**
 * Works out the versions of versioned resources (kapp.md §3). A resource becomes a new version when it differs from the newest one, be it
 * only by a reference to another new version; references are followed until that settles, in any order of the input.
 * @throws DeployError `DEPLOY_REFERENCE`, `DEPLOY_ANNOTATION_VALUE`, `DEPLOY_INPUT_DUPLICATE`.
 */
export function planVersions(
  fresh: readonly KubeObject[],
  existing: readonly ExistingObject[],
  rules: ComparisonRules,
): VersionPlan {
  const byKey = versionsByKey(existing);
  const inVersions = new Set([...byKey.values()].flat().map(({ found }) => found));
  const others = existing.filter((found) => !inVersions.has(found));
  const drafts = fresh.filter(isVersioned).map((object) => new Draft(object, byKey.get(uniqueKey(object)) ?? []));
  const plain = fresh.filter(
    (object) => !isVersioned(object) || annotationsOf(object)[annotation.versionedKeepOriginal] !== undefined,
  );
  const references = new References(drafts, plain, rules.config.templateRules);
  settle(drafts, references, rules);
  const versions = drafts.map((draft) => draft.planned());
  refuseClashes(versions, plain);
  const wanted = new Map(drafts.map((draft) => [uniqueKey(draft.base), draft]));
  const surplus: ExistingObject[] = [];
  const kept: ExistingObject[] = [];
  for (const key of [...byKey.keys()].sort(compareCodePoints)) {
    const founds = (byKey.get(key) ?? []).map(({ found }) => found);
    const draft = wanted.get(key);
    const stay = draft === undefined ? 0 : draft.numberToKeep(founds.length);
    surplus.push(...founds.slice(0, founds.length - stay));
    // The newest has a step of its own where it goes on as it is.
    kept.push(...founds.slice(founds.length - stay).filter((found) => found !== draft?.goesOn));
  }
  return {
    versions,
    plain: plain.map(references.rename),
    others,
    surplus,
    kept,
  };
}

/** Once a resource is a new version it stays one: every round finds more of them or is the last. */
function settle(drafts: readonly Draft[], references: References, rules: ComparisonRules): void {
  for (;;) {
    const changed = drafts.filter((draft) => draft.compare(references, rules));
    if (changed.length === 0) return;
    for (const draft of changed) draft.isNew = true;
  }
}

const defaultKept = 5;

class Draft {
  /** The resource under its own name. */
  readonly base: KubeObject;
  readonly #versions: readonly ExistingVersion[];
  readonly #isNoop: boolean;
  readonly #kept: number;
  isNew: boolean;
  #fresh: KubeObject;
  #comparison: Comparison | undefined;

  constructor(base: KubeObject, versions: readonly ExistingVersion[]) {
    this.base = base;
    this.#versions = versions;
    this.#isNoop = annotationsOf(base)[annotation.noop] !== undefined;
    this.#kept = parseNumVersions(base);
    this.isNew = versions.length === 0;
    this.#fresh = base;
  }

  get newest(): ExistingObject | undefined {
    return this.#versions.at(-1)?.found;
  }

  /** The existing version that stays the current one. */
  get goesOn(): ExistingObject | undefined {
    return this.isNew || this.#isNoop ? undefined : this.newest;
  }

  /** What references to it will say. */
  get name(): string {
    const { newest } = this;
    if (!this.isNew && newest !== undefined) return nameOf(newest.object);
    return nameOf(withVersion(this.base, (this.#versions.at(-1)?.version ?? 0) + 1));
  }

  /** Brings the resource up to date with the names of others; answers whether it turned out to be a new version. */
  compare(references: References, rules: ComparisonRules): boolean {
    const fresh = references.rename(withName(this.base, this.name));
    if (this.#comparison !== undefined && equalJson(fresh, this.#fresh)) return false;
    this.#fresh = fresh;
    const { newest } = this;
    const isOutside = this.#isNoop || annotationsOf(this.base)[annotation.exists] !== undefined;
    if (newest === undefined || isOutside) return false;
    this.#comparison = compareResources(this.#fresh, newest.object, rules);
    return !this.isNew && this.#comparison.differs;
  }

  /** Of so many versions; a new one comes in addition. */
  numberToKeep(count: number): number {
    return this.#isNoop ? count : Math.min(count, this.#kept);
  }

  planned(): PlannedVersion {
    const { newest } = this;
    return {
      fresh: this.#fresh,
      ...(newest === undefined ? {} : { newest }),
      ...(this.isNew && this.#comparison !== undefined ? { comparison: this.#comparison } : {}),
    };
  }
}

function parseNumVersions(object: KubeObject): number {
  const text = annotationsOf(object)[annotation.numVersions];
  if (text === undefined) return defaultKept;
  const isInteger = /^[+-]?\d{1,9}$/.test(text);
  if (isInteger && Number(text) >= 1) return Number(text);
  const resource = describeResource(object);
  throw new DeployError({
    code: "DEPLOY_ANNOTATION_VALUE",
    resource,
    annotation: annotation.numVersions,
    message: `Expected annotation '${annotation.numVersions}' value to be ${isInteger ? "a >= 1" : "an integer"} (hint: of ${resource})`,
  });
}

/** Finds the versioned resources that references mean, and names the versions there. */
class References {
  readonly #rules: readonly TemplateRule[];
  readonly #byName: ReadonlyMap<string, readonly Draft[]>;
  readonly #plain: ReadonlySet<string>;

  constructor(drafts: readonly Draft[], plain: readonly KubeObject[], rules: readonly TemplateRule[]) {
    this.#rules = rules.filter(({ matcher }) => drafts.some(({ base }) => matches(matcher, base)));
    this.#byName = Map.groupBy(drafts, ({ base }) => nameOf(base));
    this.#plain = new Set(plain.filter((object) => !isVersioned(object)).map(uniqueKey));
  }

  readonly rename = (object: KubeObject): KubeObject =>
    this.#rules.length === 0
      ? object
      : renameReferences(object, this.#rules, (...reference) => this.#nameFor(...reference));

  #nameFor(reference: Reference, from: KubeObject): string | undefined {
    const { namespace, kind, apiVersion, matcher } = reference;
    const meant = (this.#byName.get(reference.name) ?? []).filter(
      ({ base }) =>
        matches(matcher, base) &&
        (namespace === "" || namespace === namespaceOf(base)) &&
        (kind === "" || kind === kindOf(base)) &&
        (apiVersion === "" || apiVersion === apiVersionOf(base)),
    );
    const near = meant.find(({ base }) => namespaceOf(base) === namespaceOf(from));
    if (near !== undefined || namespace !== "") return (near ?? meant[0])?.name;
    // A reference that names no namespace is meant for its own, if there is such a resource.
    return meant.find(({ base }) => !this.#plain.has(uniqueKey(inNamespace(base, namespaceOf(from)))))?.name;
  }
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { apiVersion: apiVersionOf(object), kind: kindOf(object), metadata: { name: nameOf(object), namespace } };
}

/** A plain resource may have the very name of a version. */
function refuseClashes(versions: readonly PlannedVersion[], plain: readonly KubeObject[]): void {
  const keys = new Set(plain.map(uniqueKey));
  const clashes = versions.filter(({ fresh }) => keys.has(uniqueKey(fresh)));
  if (clashes.length === 0) return;
  throw new DeployError({
    code: "DEPLOY_INPUT_DUPLICATE",
    resources: clashes.map(({ fresh }) => describeResource(fresh)),
    hints: [],
  });
}
