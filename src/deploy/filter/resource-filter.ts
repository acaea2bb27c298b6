import {
  kindOf,
  type KubeObject,
  labelsOf,
  type LabelSelector,
  matchesLabels,
  nameOf,
  namespaceOf,
} from "../../resource/index.ts";
import { textAt } from "../fields.ts";

/** Which resources a deploy, delete or inspection is about (kapp.md §10, `--filter` and `--filter-…`). */
export interface ResourceFilter {
  /** Takes the place of `criteria`. */
  readonly expression?: FilterExpression;
  readonly criteria: FilterCriteria;
}

/** What `--filter` holds; kapp looks at the first of its members that is there, in this order. */
export type FilterExpression =
  | { readonly filter: "and" | "or"; readonly of: readonly FilterExpression[] }
  | { readonly filter: "not"; readonly of: FilterExpression }
  | { readonly filter: "resource"; readonly criteria: FilterCriteria }
  | { readonly filter: "none" };

/** One value of each list is enough; all lists must fit. */
export interface FilterCriteria {
  readonly olderThanMs?: number;
  readonly youngerThanMs?: number;
  /** Epoch milliseconds. */
  readonly createdBefore?: number;
  readonly createdAfter?: number;
  /** With `*` or `%` at an end for anything. */
  readonly kinds?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly names?: readonly string[];
  /** `Kind/name`, `Kind/namespace`, `Kind/namespace/name`. */
  readonly kindNames?: readonly string[];
  readonly kindNamespaces?: readonly string[];
  readonly kindNsNames?: readonly string[];
  readonly labels?: readonly LabelSelector[];
}

/** `now` in epoch milliseconds. Without a filter everything passes. */
export function passesFilter(filter: ResourceFilter | undefined, object: KubeObject, now: number): boolean {
  if (filter === undefined) return true;
  return filter.expression === undefined
    ? fits(filter.criteria, object, now)
    : satisfies(filter.expression, object, now);
}

function satisfies(expression: FilterExpression, object: KubeObject, now: number): boolean {
  switch (expression.filter) {
    case "and":
      return expression.of.every((inner) => satisfies(inner, object, now));
    case "or":
      return expression.of.some((inner) => satisfies(inner, object, now));
    case "not":
      return !satisfies(expression.of, object, now);
    case "resource":
      return fits(expression.criteria, object, now);
    case "none":
      return false;
  }
}

export function fits(criteria: FilterCriteria, object: KubeObject, now: number): boolean {
  const [kind, namespace, name] = [kindOf(object), namespaceOf(object), nameOf(object)];
  const labels = labelsOf(object);
  return (
    fitsAge(criteria, object, now) &&
    oneOf(criteria.kinds, (pattern) => fitsPattern(pattern, kind)) &&
    oneOf(criteria.namespaces, (pattern) => fitsPattern(pattern, namespace)) &&
    oneOf(criteria.names, (pattern) => fitsPattern(pattern, name)) &&
    oneOf(criteria.labels, (selector) => matchesLabels(selector, labels)) &&
    oneOf(criteria.kindNames, (key) => key === `${kind}/${name}`) &&
    oneOf(criteria.kindNamespaces, (key) => key === `${kind}/${namespace}`) &&
    oneOf(criteria.kindNsNames, (key) => key === `${kind}/${namespace}/${name}`)
  );
}

/** A resource that does not exist yet is of any age, as in kapp: older than everything. */
function fitsAge(criteria: FilterCriteria, object: KubeObject, now: number): boolean {
  const { olderThanMs, youngerThanMs } = criteria;
  const before = [criteria.createdBefore, olderThanMs === undefined ? undefined : now - olderThanMs];
  const after = [criteria.createdAfter, youngerThanMs === undefined ? undefined : now - youngerThanMs];
  const created = Date.parse(textAt(object, "metadata", "creationTimestamp"));
  const createdAt = Number.isNaN(created) ? Number.NEGATIVE_INFINITY : created;
  return (
    before.every((limit) => limit === undefined || createdAt <= limit) &&
    after.every((limit) => limit === undefined || createdAt >= limit)
  );
}

function oneOf<Item>(items: readonly Item[] | undefined, fits: (item: Item) => boolean): boolean {
  return items === undefined || items.length === 0 || items.some(fits);
}

/** `*` or `%` at an end stand for anything. */
export function fitsPattern(pattern: string, text: string): boolean {
  const isGlob = (char: string | undefined): boolean => char === "*" || char === "%";
  const prefix = isGlob(pattern[0]);
  const suffix = isGlob(pattern.at(-1));
  if (prefix && suffix) return text.includes(pattern.slice(1, -1));
  if (prefix) return text.endsWith(pattern.slice(1));
  return suffix ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
