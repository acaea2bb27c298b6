import {
  annotationsOf,
  escapeJson,
  isMap,
  type Json,
  kindOf,
  type KubeObject,
  parseJson,
  splitApiVersion,
  apiVersionOf,
  stringifyJson,
} from "../../resource/index.ts";
import { annotation, historyAnnotations } from "../annotations.ts";
import { defaultConfig, type DeployConfig } from "../config/deploy-config.ts";
import { type FieldRule, matches } from "../config/matchers.ts";
import { DeployError } from "../failure.ts";
import { removeField } from "./field-copy.ts";
import { digestOps, patchOps } from "./patch-ops.ts";
import { withAnnotations, withoutAnnotations } from "./metadata.ts";
import { rebase } from "./rebase.ts";

/** What the keys and values of all annotations of an object may have together, in bytes (reliability.md L16). */
const maxAnnotationBytes = 262_144;
/** An MD5 in hex, which stands beside the original. */
const digestBytes = 32;

/** The object without kapp's history annotations and without the fields that are never compared or sent (`status`). */
export function withoutHistory(object: KubeObject, { existingExclusions }: DeployConfig): KubeObject {
  return exclude(withoutAnnotations(object, historyAnnotations), existingExclusions);
}

/** The object without its identity annotation. */
export function withoutIdentity(object: KubeObject): KubeObject {
  return withoutAnnotations(object, [annotation.identity]);
}

/** MD5 of the difference between what the server made of an object and what was applied. `saved` has no identity annotation. */
export function historyDigest(saved: KubeObject, applied: KubeObject, config: DeployConfig): string {
  const existing = exclude(saved, config.lastAppliedExclusions);
  const stripped = withoutHistory(existing, config);
  const rebased = rebase(withoutHistory(applied, config), existing, config.rebaseRules);
  return digestOps(patchOps(stripped, rebased));
}

/** Whether history annotations are written for an object: never for Secrets, whose data they would repeat in the open. */
export function keepsHistory(object: KubeObject): boolean {
  return !isSecret(object) && annotationsOf(object)[annotation.disableOriginal] === undefined;
}

export function isSecret(object: KubeObject): boolean {
  return kindOf(object) === "Secret" && splitApiVersion(apiVersionOf(object)).group === "";
}

/**
 * `applied` as the text of `kapp.k14s.io/original`: compact JSON as Go writes it; `undefined` when it has no room beside the annotations
 * that `object` is sent with. kapp measures it alone, and what comes too close then is refused by the API server.
 */
export function originalText(applied: KubeObject, object: KubeObject, config: DeployConfig): string | undefined {
  const text = escapeJson(stringifyJson(withoutHistory(applied, config), { sortKeys: true }));
  const others = Object.entries(annotationsOf(object)).flat();
  const sizes = [...others, text, annotation.original, annotation.originalDiffMd5].map((one) => Buffer.byteLength(one));
  return sizes.reduce((sum, size) => sum + size, digestBytes) > maxAnnotationBytes ? undefined : text;
}

/** `object` with the annotations that remember what was applied. */
export function withHistory(object: KubeObject, original: string, digest: string): KubeObject {
  return withAnnotations(object, { [annotation.original]: original, [annotation.originalDiffMd5]: digest });
}

/**
 * What was last applied, if the object is still as the server left it then: the recorded digest is computed anew. `undefined` when
 * somebody changed the object since, or it has no (readable) history.
 */
export function lastApplied(live: KubeObject, config: DeployConfig): KubeObject | undefined {
  const annotations = annotationsOf(live);
  const original = annotations[annotation.original];
  const digest = annotations[annotation.originalDiffMd5];
  if (original === undefined || digest === undefined) return undefined;
  const applied = parseOriginal(original);
  if (applied === undefined) return undefined;
  try {
    return historyDigest(live, applied, config) === digest ? applied : undefined;
  } catch (error) {
    // A rule that cannot be applied to what was applied says nothing about what is to be applied.
    if (error instanceof DeployError) return undefined;
    throw error;
  }
}

/**
 * What was deployed, with the fields that rules leave to the cluster as they are now; `undefined` for objects without readable history,
 * or where a rule cannot be applied.
 */
export function deployedState(live: KubeObject, config: DeployConfig): KubeObject | undefined {
  const original = annotationsOf(live)[annotation.original];
  const applied = original === undefined ? undefined : parseOriginal(original);
  if (applied === undefined) return undefined;
  try {
    return withoutHistory(rebase(withoutHistory(applied, config), withoutIdentity(live), config.rebaseRules), config);
  } catch (error) {
    if (error instanceof DeployError) return undefined;
    throw error;
  }
}

/**
 * Whether a live object still is what kapp or lateen left (kapp.md §4.2 step 1): nobody changed, added or removed a field since, but for
 * what the rules leave to the cluster. `unknown` for objects without history, Secrets above all.
 * @param config The rules that it was deployed by; kapp's own by default.
 */
export function recordedStateHolds(live: KubeObject, config: DeployConfig = defaultConfig): boolean | "unknown" {
  const annotations = annotationsOf(live);
  if (annotations[annotation.original] === undefined || annotations[annotation.originalDiffMd5] === undefined) {
    return "unknown";
  }
  return lastApplied(withoutIdentity(live), config) !== undefined;
}

function parseOriginal(text: string): KubeObject | undefined {
  try {
    const value: Json = parseJson(text);
    return isMap(value) ? value : undefined;
  } catch (error) {
    // Somebody else wrote into the annotation: as good as no history (reliability.md B104).
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function exclude(object: KubeObject, rules: readonly FieldRule[]): KubeObject {
  return rules.reduce(
    (result, rule) => (matches(rule.matcher, object) ? removeField(result, rule.path) : result),
    object,
  );
}
