import { iterate } from "../values/collections.ts";
import { StarlarkFailure, typeOf, type Value } from "../values/value.ts";

/** What a loop goes through. */
export function itemsToLoop(value: Value): Iterable<Value> {
  const items = iterate(value);
  if (items === undefined) throw new StarlarkFailure(`${typeOf(value)} value is not iterable`);
  return items;
}
