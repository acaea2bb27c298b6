import { createHash } from "node:crypto";
import {
  annotationsOf,
  apiVersionOf,
  type KubeObject,
  type MutableJson,
  type MutableJsonMap,
  setOwn,
  uniqueKey,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import { defaultLabelScopingRules, defaultOwnershipLabelRules } from "../config/label-rules.ts";
import { matches } from "../config/matchers.ts";
import type { FieldPath } from "../diff/field-path.ts";
import { withAnnotations } from "../diff/history.ts";
import { mutableCopy } from "../diff/rebase.ts";
import { isMutableMap } from "../fields.ts";

/** The label pair that marks an app's objects. */
export interface AppLabel {
  readonly key: string;
  readonly value: string;
}

/** `v1.` and the MD5 of the unique key: joins an object with what controllers make of it (kapp.md §1.5). */
export function associationOf(object: KubeObject): string {
  return `v1.${createHash("md5").update(uniqueKey(object)).digest("hex")}`;
}

/** The resource with the app's labels at every place that kapp puts them. */
export function withOwnershipLabels(object: KubeObject, appLabel: AppLabel): KubeObject {
  const copy = mutableCopy(object);
  const labels: readonly (readonly [string, string])[] = [
    [appLabel.key, appLabel.value],
    [label.association, associationOf(object)],
  ];
  for (const rule of defaultOwnershipLabelRules) {
    if (matches(rule.matcher, object)) addLabels(copy, rule.path, labels, "create");
  }
  for (const rule of defaultLabelScopingRules) {
    if (matches(rule.matcher, object)) addLabels(copy, rule.path, labels.slice(0, 1), "existing");
  }
  return copy;
}

/** `create`: missing maps are made, but not on the way through a list; `existing`: the whole path must be there. */
function addLabels(
  target: MutableJson | undefined,
  path: FieldPath,
  labels: readonly (readonly [string, string])[],
  mode: "create" | "existing",
): void {
  const [step, ...rest] = path;
  if (step === undefined) {
    if (isMutableMap(target)) for (const [key, value] of labels) setOwn(target, key, value);
    return;
  }
  if (typeof step !== "string") {
    if (Array.isArray(target)) for (const item of target) addLabels(item, rest, labels, mode);
    return;
  }
  if (!isMutableMap(target)) return;
  let inner: MutableJson | undefined = Object.hasOwn(target, step) ? target[step] : undefined;
  if (inner === undefined || inner === null) {
    if (mode === "existing" || rest.some((further) => typeof further !== "string")) return;
    inner = {} satisfies MutableJsonMap;
    setOwn(target, step, inner);
  }
  addLabels(inner, rest, labels, mode);
}

/** `v1;<unique key>;<apiVersion>`: written on every object, so that copies of labels can be told from the app's own (kapp.md §9.2). */
export function identityOf(object: KubeObject): string {
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
