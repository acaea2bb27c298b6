import { equals } from "../values/compare.ts";
import { type Int, intOfFloat, isInt } from "../values/ints.ts";
import { contains } from "../values/text.ts";
import {
  type CallContext,
  Dict,
  Float,
  HostValue,
  LimitExceeded,
  List,
  Range,
  StarlarkFailure,
  StarlarkSet,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";
import { unknown } from "./counting.ts";

export function isIn(context: CallContext, item: Value, holder: Value): boolean {
  if (holder instanceof List || holder instanceof Tuple) return isAmong(context, item, holder.items);
  if (holder instanceof Dict) return isKey(() => holder.has(item));
  if (holder instanceof StarlarkSet) return holder.has(item);
  if (typeof holder === "string") {
    if (typeof item !== "string")
      throw new StarlarkFailure(`'in <string>' requires string as left operand, not ${typeOf(item)}`);
    context.step(holder.length >> 8);
    return contains(holder, item);
  }
  if (holder instanceof Range) return isInRange(item, holder);
  if (holder instanceof HostValue) {
    if (holder.contains !== undefined) return isKey(() => holder.contains?.(item) ?? false);
    if (holder.lookup !== undefined) return isKey(() => holder.lookup?.(item) !== undefined);
  }
  throw unknown("in", item, holder);
}

/** What cannot be a key is no key. */
function isKey(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
    return false;
  }
}

function isAmong(context: CallContext, wanted: Value, items: readonly Value[]): boolean {
  context.step(items.length >> 4);
  if (typeof wanted === "string") return items.includes(wanted);
  return items.some((item) => equals(item, wanted, undefined, context));
}

function isInRange(item: Value, range: Range): boolean {
  let wanted: Int;
  if (isInt(item)) wanted = item;
  else if (item instanceof Float && Number.isFinite(item.value)) wanted = intOfFloat(item.value);
  else throw new StarlarkFailure(`'in <range>' requires integer as left operand, not ${typeOf(item)}`);
  const index = (Number(wanted) - range.start) / range.step;
  return Number.isInteger(index) && index >= 0 && index < range.length;
}
