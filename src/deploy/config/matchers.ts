import {
  annotationsOf,
  apiVersionOf,
  isList,
  isMap,
  type Json,
  kindOf,
  type KubeObject,
  nameOf,
  namespaceOf,
  own,
  splitApiVersion,
} from "../../resource/index.ts";
import type { FieldPath } from "../diff/field-path.ts";

/** Says which resources a rule is for (kapp.md §8). Lists of matchers are OR-ed; an empty list matches nothing. */
export type Matcher =
  | { readonly match: "all" }
  | { readonly match: "kind"; readonly apiVersion: string; readonly kind: string }
  | { readonly match: "group-kind"; readonly group: string; readonly kind: string }
  | { readonly match: "annotation"; readonly keys: readonly string[] }
  | { readonly match: "object"; readonly kind: string; readonly namespace: string; readonly name: string }
  /** In one of the namespaces, or in any when none is named. */
  | { readonly match: "namespaced"; readonly names?: readonly string[] }
  | { readonly match: "custom-resource" }
  /** Missing, null, or an empty map or list. */
  | { readonly match: "empty-field"; readonly path: FieldPath }
  | { readonly match: "any" | "and"; readonly of: readonly Matcher[] }
  | { readonly match: "not"; readonly of: Matcher };

/** A place in the resources that a rule is for. */
export interface FieldRule {
  readonly path: FieldPath;
  readonly matcher: Matcher;
  /** One of the rules that `--default-label-scoping-rules=false` turns off. */
  readonly isDefault?: boolean;
}

export function matches(matcher: Matcher, object: KubeObject): boolean {
  switch (matcher.match) {
    case "all":
      return true;
    case "kind":
      return kindOf(object) === matcher.kind && apiVersionOf(object) === matcher.apiVersion;
    case "group-kind":
      return kindOf(object) === matcher.kind && splitApiVersion(apiVersionOf(object)).group === matcher.group;
    case "annotation": {
      const annotations = annotationsOf(object);
      return matcher.keys.every((key) => annotations[key] !== undefined);
    }
    case "object":
      return (
        kindOf(object) === matcher.kind && namespaceOf(object) === matcher.namespace && nameOf(object) === matcher.name
      );
    case "namespaced": {
      const namespace = namespaceOf(object);
      return namespace !== "" && (matcher.names?.includes(namespace) ?? true);
    }
    case "custom-resource":
      return !builtInGroups.has(splitApiVersion(apiVersionOf(object)).group);
    case "empty-field":
      return isEmptyAt(object, matcher.path, 0);
    case "any":
      return matcher.of.some((inner) => matches(inner, object));
    case "and":
      return matcher.of.every((inner) => matches(inner, object));
    case "not":
      return !matches(matcher.of, object);
  }
}

function isEmptyAt(value: Json | undefined, path: FieldPath, depth: number): boolean {
  if (value === undefined || value === null) return true;
  const step = path[depth];
  if (step === undefined) return isList(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
  if (typeof step === "string") return isMap(value) && isEmptyAt(own(value, step), path, depth + 1);
  if (!isList(value) || "pattern" in step) return false;
  return "index" in step
    ? isEmptyAt(value[step.index], path, depth + 1)
    : value.every((item) => isEmptyAt(item, path, depth + 1));
}

export const everything: Matcher = { match: "all" };
export const not = (of: Matcher): Matcher => ({ match: "not", of });
export const and = (...of: readonly Matcher[]): Matcher => ({ match: "and", of });
export const any = (...of: readonly Matcher[]): Matcher => ({ match: "any", of });
export const annotated = (...keys: readonly string[]): Matcher => ({ match: "annotation", keys });
export const groupKind = (group: string, kind: string): Matcher => ({ match: "group-kind", group, kind });

/** One matcher for each pair of an apiVersion and a kind. */
export function kinds(apiVersions: readonly string[], ...names: readonly string[]): Matcher {
  return any(
    ...apiVersions.flatMap((apiVersion) => names.map((kind): Matcher => ({ match: "kind", apiVersion, kind }))),
  );
}

/** API groups that a cluster brings along; every other group holds custom resources (kapp.md §5.4). */
const builtInGroups: ReadonlySet<string> = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "extensions",
  "flowcontrol.apiserver.k8s.io",
  "internal.apiserver.k8s.io",
  "metrics.k8s.io",
  "migration.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);
