import {
  annotationsOf,
  compareCodePoints,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  stringifyJson,
} from "../../resource/index.ts";
import { type FieldRule, matches } from "../config/matchers.ts";
import { changeAt } from "./change-at.ts";
import { withMember } from "./field-copy.ts";
import { isSecret } from "./history.ts";
import { withAnnotations } from "./metadata.ts";

/** Annotations that repeat a whole object. */
const copies: readonly string[] = ["kubectl.kubernetes.io/last-applied-configuration"];

/**
 * Hides the values at the rules' places, those of Secrets above all: `<-- value not shown (#N)`, where equal values have equal numbers
 * (kapp.md §4.4). One call gives one numbering, to be used for everything that is shown together.
 */
export function maskValues(rules: readonly FieldRule[]): (object: KubeObject) => KubeObject {
  const numbers = new Map<string, number>();
  const masked = (value: Json): string => {
    const key = stringifyJson(value, { sortKeys: true });
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return `<-- value not shown (#${number})`;
  };
  const hide = (found: Json): Json => {
    if (found === null) return found;
    return isMap(found) ? mapMembers(found, masked) : masked(found);
  };
  return (object) => {
    const hidden = rules.reduce(
      (result, { path, matcher }) => (matches(matcher, object) ? changeAt(result, path, hide) : result),
      object,
    );
    if (!isSecret(object)) return hidden;
    const annotations = annotationsOf(object);
    const shown = copies.filter((key) => annotations[key] !== undefined);
    if (shown.length === 0) return hidden;
    return withAnnotations(hidden, Object.fromEntries(shown.map((key) => [key, masked(annotations[key] ?? "")])));
  };
}

/** Keys are visited in order, so that the numbers do not depend on how the object was written. */
function mapMembers(members: JsonMap, change: (value: Json) => Json): JsonMap {
  const keys = Object.keys(members).sort(compareCodePoints);
  return keys.reduce<JsonMap>((map, key) => withMember(map, key, change(members[key] ?? null)), {});
}
