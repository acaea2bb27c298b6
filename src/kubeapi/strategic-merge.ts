import {
  cloneJson,
  isList,
  isMap,
  type Json,
  type JsonMap,
  type MutableJson,
  type MutableJsonMap,
  own,
  setOwn,
  stringifyJson,
} from "../resource/index.ts";
import { badRequest } from "./api-error.ts";
import type { Shape } from "./shape.ts";

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/**
 * Kubernetes' strategic merge patch: as a merge patch, but lists with a merge key are merged item by item, with the directives
 * `$patch: replace|delete|merge`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
 * @throws ApiError BadRequest for a directive that makes no sense.
 */
export function applyStrategicMerge(target: Json | undefined, patch: Json, shape: Shape): MutableJson {
  if (!isMap(patch)) return cloneJson(patch);
  const directive = own(patch, "$patch");
  if (directive === "replace") return cloneWithoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`unknown $patch type: ${JSON.stringify(directive)}`);
  const result = isMap(target) ? copyMap(target) : {};
  retainKeys(result, own(patch, "$retainKeys"));
  for (const [key, member] of Object.entries(patch)) {
    if (member === undefined || key === "$patch" || key === "$retainKeys" || key.startsWith(orderPrefix)) continue;
    if (key.startsWith(deletePrefix)) removeValues(result, key.slice(deletePrefix.length), member);
    else if (member === null) delete result[key];
    else setOwn(result, key, mergeMember(own(target, key), member, shape.field(key), own(patch, orderPrefix + key)));
  }
  for (const [key, order] of Object.entries(patch)) {
    const field = key.slice(orderPrefix.length);
    if (!key.startsWith(orderPrefix) || !isList(order) || own(patch, field) !== undefined) continue;
    const present = own(result, field);
    if (isList(present)) setOwn(result, field, inOrder(present, order, shape.field(field).patchKey));
  }
  return result;
}

function mergeMember(target: Json | undefined, patch: Json, shape: Shape, order: Json | undefined): MutableJson {
  if (!isList(patch)) return applyStrategicMerge(target, patch, shape);
  if (shape.patchKey === undefined) return patch.map(cloneWithoutDirectives);
  const merged = shape.patchKey === "" ? unionOf(target, patch) : mergeItems(target, patch, shape.patchKey, shape);
  return isList(order) ? inOrder(merged, order, shape.patchKey) : merged;
}

function mergeItems(target: Json | undefined, patch: readonly Json[], key: string, shape: Shape): MutableJson[] {
  const replaced = patch.some((item) => own(item, "$patch") === "replace" && own(item, key) === undefined);
  const items = new Map<string, Json>();
  if (!replaced && isList(target))
    for (const [index, item] of target.entries()) items.set(idText(own(item, key)) ?? `#${index}`, item);
  for (const change of patch) {
    if (!isMap(change)) throw badRequest(`a list with the merge key ${JSON.stringify(key)} may only hold maps`);
    const id = idText(own(change, key));
    if (id === undefined) {
      if (own(change, "$patch") === "replace") continue;
      throw badRequest(`map: does not contain declared merge key: ${key}`);
    }
    if (own(change, "$patch") === "delete") items.delete(id);
    else items.set(id, applyStrategicMerge(items.get(id), change, shape.item()));
  }
  return [...items.values()].map(cloneJson);
}

/** Equal ids have equal texts; lists may be long, so items are found by text. */
const idText = (id: Json | undefined): string | undefined =>
  id === undefined ? undefined : stringifyJson(id, { sortKeys: true });

function unionOf(target: Json | undefined, patch: readonly Json[]): MutableJson[] {
  const all = new Map([...(isList(target) ? target : []), ...patch].map((item) => [idText(item), item]));
  return [...all.values()].map(cloneJson);
}

function removeValues(result: MutableJsonMap, field: string, values: Json): void {
  const present = own(result, field);
  if (!isList(present) || !isList(values)) return;
  const gone = new Set(values.map(idText));
  setOwn(result, field, present.filter((item) => !gone.has(idText(item))).map(cloneJson));
}

/** Items named in `order` take their places in that order; the others stay behind the item they followed. */
function inOrder(items: readonly Json[], order: readonly Json[], key: string | undefined): MutableJson[] {
  const idOf = (item: Json): string | undefined => idText(key === undefined || key === "" ? item : own(item, key));
  const ranks = new Map(order.map((wanted, index) => [idOf(wanted), index]));
  const rank = (item: Json): number => ranks.get(idOf(item)) ?? -1;
  const ordered = items.filter((item) => rank(item) !== -1).toSorted((a, b) => rank(a) - rank(b));
  let next = 0;
  // Each place that held an ordered item holds the next ordered one now.
  return items.map((item) => cloneJson(rank(item) === -1 ? item : (ordered[next++] ?? item)));
}

function retainKeys(result: MutableJsonMap, keys: Json | undefined): void {
  if (!isList(keys)) return;
  for (const key of Object.keys(result)) if (!keys.includes(key)) delete result[key];
}

function cloneWithoutDirectives(value: Json): MutableJson {
  if (isList(value)) return value.map(cloneWithoutDirectives);
  if (!isMap(value)) return value;
  const copy: MutableJsonMap = {};
  for (const [key, member] of Object.entries(value)) {
    const isDirective =
      key === "$patch" || key === "$retainKeys" || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);
    // A patch that creates a map may hold nulls: there is nothing to delete yet.
    if (!isDirective && member !== undefined && member !== null) setOwn(copy, key, cloneWithoutDirectives(member));
  }
  return copy;
}

function copyMap(value: JsonMap): MutableJsonMap {
  const copy: MutableJsonMap = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) setOwn(copy, key, cloneJson(member));
  return copy;
}
