import {
  cloneJson,
  equalJson,
  isList,
  isMap,
  type Json,
  type KubeObject,
  type MutableJson,
  type MutableJsonMap,
  own,
  setOwn,
} from "../resource/index.ts";
import { ApiError, type FieldFault, type Subject } from "./api-error.ts";
import {
  type FieldSet,
  fieldsOf,
  isEmptySet,
  itemStep,
  membersOf,
  noFields,
  pathText,
  placesOf,
  subtractFields,
  unionFields,
} from "./field-set.ts";
import { isEntryOf, type ManagerEntry, ownedPart, type Writer } from "./managed-fields.ts";
import type { Shape } from "./shape.ts";

export interface ApplyInput {
  readonly live: KubeObject | undefined;
  readonly config: KubeObject;
  readonly entries: readonly ManagerEntry[];
  readonly writer: Writer;
  readonly shape: Shape;
  /** Takes fields over instead of failing. */
  readonly force: boolean;
  readonly subject: Subject;
}

/**
 * Server-side apply: merges the configuration into the live object, removes what this manager applied before and no longer does (unless
 * somebody else owns it too), and records the ownership.
 * @throws ApiError Conflict naming each field that another manager set to another value.
 */
export function applyConfiguration(input: ApplyInput): {
  readonly object: MutableJsonMap;
  readonly entries: readonly ManagerEntry[];
} {
  const { live, config, writer, shape } = input;
  const applied = fieldsOf(ownedPart(config), shape);
  const own = (entry: ManagerEntry): boolean => isEntryOf(entry, writer, "Apply");
  const mine = input.entries.find(own);
  const others = input.entries.filter((entry) => !own(entry));
  const taken = others.map((entry) => contested(entry.fields, applied, live, config, shape));
  if (!input.force) refuseConflicts(others, taken, input.subject);

  const kept = others.map((entry, index) => ({
    ...entry,
    fields: subtractFields(entry.fields, taken[index] ?? noFields),
  }));
  const merged = mergeApplied(live, config, shape);
  const held = kept.reduce<FieldSet>((sum, entry) => unionFields(sum, entry.fields), applied);
  const dropped = subtractFields(mine?.fields ?? noFields, applied);
  const object = removeFields(merged, dropped, held, shape);
  const sameFields = mine !== undefined && isEmptySet(subtractFields(applied, mine.fields)) && isEmptySet(dropped);
  const entry: ManagerEntry = sameFields ? mine : { ...writer, operation: "Apply", fields: applied };
  const entries = [...kept, entry].filter((one) => !isEmptySet(one.fields));
  // The root of an object stays a map whatever is removed.
  return { object: object as MutableJsonMap, entries };
}

/** Fields of both sets whose applied value is not the live one. */
function contested(
  theirs: FieldSet,
  applied: FieldSet,
  live: Json | undefined,
  config: Json | undefined,
  shape: Shape,
): FieldSet {
  const children = new Map<string, FieldSet>();
  const liveMembers = membersOf(live, shape);
  const configMembers = membersOf(config, shape);
  for (const [step, child] of theirs.children) {
    const ours = applied.children.get(step);
    if (ours === undefined) continue;
    const was = liveMembers?.get(step);
    const is = configMembers?.get(step);
    const part = contested(child, ours, was?.value, is?.value, (is ?? was)?.shape ?? shape);
    if (!isEmptySet(part)) children.set(step, part);
  }
  // A list item that both have is no conflict in itself, its fields are.
  const isLeaf = theirs.self && applied.self && theirs.children.size === 0 && applied.children.size === 0;
  // Where one side owns the whole (an atomic value) and the other parts of it, the whole is what they fight for.
  const overlaps = (theirs.self && applied.children.size > 0) || (applied.self && theirs.children.size > 0);
  const isWhole = membersOf(config, shape) === undefined || membersOf(live, shape) === undefined;
  return { self: (isLeaf || (overlaps && isWhole)) && !equalJson(live, config), children };
}

function refuseConflicts(others: readonly ManagerEntry[], taken: readonly FieldSet[], subject: Subject): void {
  const groups = others.flatMap((entry, index) => {
    const paths = [...placesOf(taken[index] ?? noFields)]
      .filter(({ set }) => set.self)
      .map(({ path }) => pathText(path));
    return paths.length === 0 ? [] : [{ manager: describeManager(entry), paths }];
  });
  const count = groups.reduce((sum, group) => sum + group.paths.length, 0);
  if (count === 0) return;
  const texts = groups.map(({ manager, paths }) =>
    paths.length === 1
      ? `conflict with ${manager}: ${paths[0]}`
      : `conflicts with ${manager}:\n${paths.map((path) => `- ${path}`).join("\n")}`,
  );
  const causes: FieldFault[] = groups.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict" as const, field, message: `conflict with ${manager}` })),
  );
  const noun = count === 1 ? "conflict" : "conflicts";
  const options = { subject, causes };
  throw new ApiError("Conflict", `Apply failed with ${count} ${noun}: ${texts.join("\n")}`, options);
}

function describeManager(entry: ManagerEntry): string {
  const name =
    JSON.stringify(entry.manager) +
    (entry.subresource === "" ? "" : ` with subresource ${JSON.stringify(entry.subresource)}`);
  if (entry.operation === "Apply") return name;
  return `${name} using ${entry.apiVersion}${entry.time === "" ? "" : ` at ${entry.time}`}`;
}

function mergeApplied(live: Json | undefined, config: Json, shape: Shape): MutableJson {
  if (isMap(config) && isMap(live) && !shape.atomic) {
    const merged = cloneJson(live) as MutableJsonMap;
    for (const [key, member] of Object.entries(config)) {
      if (member !== undefined) setOwn(merged, key, mergeApplied(own(live, key), member, shape.field(key)));
    }
    return merged;
  }
  if (!isList(config) || !isList(live) || shape.list.type === "atomic") return cloneJson(config);
  // Applied items come in their order where the live ones they match stand; new ones follow.
  const wanted = new Map(config.map((item) => [itemStep(item, shape), item]));
  const present = new Map(live.map((item) => [itemStep(item, shape), item]));
  const queue = [...wanted].filter(([step]) => present.has(step));
  const merged = [...present].map(([step, item]) => {
    if (!wanted.has(step)) return cloneJson(item);
    const [nextStep, nextItem] = queue.shift() ?? [step, item];
    return mergeApplied(present.get(nextStep), nextItem, shape.item());
  });
  for (const [step, item] of wanted) if (!present.has(step)) merged.push(cloneJson(item));
  return merged;
}

/** The value without the fields of `dropped` that nobody in `held` has. */
function removeFields(value: MutableJson, dropped: FieldSet, held: FieldSet, shape: Shape): MutableJson | undefined {
  if (isEmptySet(dropped)) return value;
  const nobody = isEmptySet(held);
  if (nobody && dropped.self) return undefined;
  const hadMembers = (membersOf(value, shape)?.size ?? 0) > 0;
  const rest = isMap(value)
    ? removeMembers(value as MutableJsonMap, dropped, held, shape)
    : Array.isArray(value)
      ? removeItems(value, dropped, held, shape)
      : value;
  // A map that only held what is gone goes with it.
  return nobody && hadMembers && membersOf(rest, shape)?.size === 0 ? undefined : rest;
}

function removeMembers(value: MutableJsonMap, dropped: FieldSet, held: FieldSet, shape: Shape): MutableJsonMap {
  for (const [step, child] of dropped.children) {
    const key = step.slice(2);
    const member = own(value, key) as MutableJson | undefined;
    if (!step.startsWith("f:") || member === undefined) continue;
    const rest = removeFields(member, child, held.children.get(step) ?? noFields, shape.field(key));
    if (rest === undefined) delete value[key];
    else setOwn(value, key, rest);
  }
  return value;
}

function removeItems(value: readonly MutableJson[], dropped: FieldSet, held: FieldSet, shape: Shape): MutableJson[] {
  return value.flatMap((item) => {
    const step = itemStep(item, shape);
    const child = dropped.children.get(step);
    if (child === undefined) return [item];
    const rest = removeFields(item, child, held.children.get(step) ?? noFields, shape.item());
    return rest === undefined ? [] : [rest];
  });
}
