import { createHash } from "node:crypto";
import {
  annotationsOf,
  apiVersionOf,
  isList,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  own,
  uniqueKey,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import { matches } from "../config/matchers.ts";
import { type FieldPath, mapElements } from "../diff/field-path.ts";
import { withMember } from "../diff/field-copy.ts";
import { withAnnotations } from "../diff/metadata.ts";

/** The label pair that marks an app's objects. */
export interface AppLabel {
  readonly key: string;
  readonly value: string;
}

/** `v1.` and the MD5 of the unique key: joins an object with what controllers make of it (kapp.md §1.5). */
function associationOf(object: KubeObject): string {
  return `v1.${createHash("md5").update(uniqueKey(object)).digest("hex")}`;
}

/** The resource with the app's labels at every place that kapp puts them. */
export function withOwnershipLabels(object: KubeObject, appLabel: AppLabel, config: DeployConfig): KubeObject {
  const scoping = { [appLabel.key]: appLabel.value };
  const labels = { ...config.additionalLabels, ...scoping, [label.association]: associationOf(object) };
  let result = object;
  for (const rule of config.ownershipLabelRules) {
    if (matches(rule.matcher, object)) result = labelled(result, rule.path, labels, "create");
  }
  for (const rule of config.labelScopingRules) {
    if (matches(rule.matcher, object)) result = labelled(result, rule.path, scoping, "existing");
  }
  return result;
}

function labelled(object: KubeObject, path: FieldPath, labels: JsonMap, mode: "create" | "existing"): KubeObject {
  const changed = addLabels(object, path, labels, mode);
  return isMap(changed) ? changed : object;
}

/** `create`: missing maps are made, but not on the way to a list; `existing`: the whole path must be there. */
function addLabels(target: Json, path: FieldPath, labels: JsonMap, mode: "create" | "existing"): Json {
  const [step, ...rest] = path;
  if (step === undefined) return isMap(target) ? { ...target, ...labels } : target;
  if (typeof step !== "string") {
    if ("pattern" in step || !isList(target)) return target;
    return mapElements(target, step, (item) => addLabels(item, rest, labels, mode));
  }
  if (!isMap(target)) return target;
  const inner = own(target, step) ?? null;
  if (inner === null && (mode === "existing" || rest.some((further) => typeof further !== "string"))) return target;
  return withMember(target, step, addLabels(inner ?? {}, rest, labels, mode));
}

/** `v1;<unique key>;<apiVersion>`: written on every object, so that copies of labels can be told from the app's own (kapp.md §9.2). */
function identityOf(object: KubeObject): string {
  return `v1;${uniqueKey(object)};${apiVersionOf(object)}`;
}

export function withIdentity(object: KubeObject): KubeObject {
  return withAnnotations(object, { [annotation.identity]: identityOf(object) });
}

/** Whether the identity annotation names the object itself, whatever its version: only such objects are ever pruned (reliability.md I2). */
export function namesItself(object: KubeObject): boolean {
  const parts = annotationsOf(object)[annotation.identity]?.split(";");
  return parts !== undefined && parts.length === 3 && parts[0] === "v1" && parts[1] === uniqueKey(object);
}

/** The apiVersion under which the object was last written, by its identity annotation. */
export function identityVersion(object: KubeObject): string {
  return annotationsOf(object)[annotation.identity]?.split(";")[2] ?? "";
}
