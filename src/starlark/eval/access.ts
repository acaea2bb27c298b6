import { attributeNames, attributeOf } from "../builtins/methods.ts";
import { nearestName } from "../spell.ts";
import { lengthOf } from "../values/collections.ts";
import { repr } from "../values/display.ts";
import { asInt32 } from "../values/ints.ts";
import { outOfRange } from "../values/out-of-range.ts";
import { byteSlice, isRemembered } from "../values/text.ts";
import {
  type CallContext,
  Dict,
  HostValue,
  List,
  Range,
  StarlarkFailure,
  Tuple,
  typeOf,
  type Value,
} from "../values/value.ts";

/** `value.name`. */
export function getAttribute(value: Value, name: string): Value {
  const found = attributeOf(value, name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, attributeNames(value));
  const hint = nearest === undefined ? "" : ` (did you mean .${nearest}?)`;
  throw new StarlarkFailure(`${typeOf(value)} has no .${name} field or method${hint}`);
}

/** `value.name = …`: nothing allows it. */
export function setAttribute(value: Value, name: string): never {
  throw new StarlarkFailure(`can't assign to .${name} field of ${typeOf(value)}`);
}

/** `value[key]`. */
export function getIndex(context: CallContext, value: Value, key: Value): Value {
  if (value instanceof List || value instanceof Tuple) {
    const { items } = value;
    if (typeof key === "number" && key >= 0 && key < items.length) return items[key] ?? null;
    return items[position(value, key, items.length)] ?? null;
  }
  if (value instanceof Dict) return value.get(key) ?? missing(value, key);
  if (typeof value === "string") {
    if (!isRemembered(value)) context.step(value.length >> 8);
    const at = position(value, key, lengthOf(value) ?? 0);
    return byteSlice(value, at, at + 1);
  }
  if (value instanceof Range) return value.at(position(value, key, value.length));
  if (value instanceof HostValue) return getHostIndex(value, key);
  throw new StarlarkFailure(`unhandled index operation ${typeOf(value)}[${typeOf(key)}]`);
}

function getHostIndex(value: HostValue, key: Value): Value {
  if (value.lookup !== undefined) {
    const found = value.lookup(key);
    return found === undefined ? missing(value, key) : found;
  }
  if (value.at !== undefined) return value.at(position(value, key, value.length?.() ?? 0));
  throw new StarlarkFailure(`unhandled index operation ${typeOf(value)}[${typeOf(key)}]`);
}

/** For `null`, which `??` takes for nothing: None may be what a dict holds. */
function missing(value: Value, key: Value): null {
  if (value instanceof Dict && value.has(key)) return null;
  throw new StarlarkFailure(`key ${repr(key)} not in ${typeOf(value)}`);
}

function position(value: Value, key: Value, length: number): number {
  let index: number;
  try {
    index = asInt32(key);
  } catch (error) {
    throw error instanceof StarlarkFailure ? new StarlarkFailure(`${typeOf(value)} index: ${error.message}`) : error;
  }
  return withinLength(index, length, value);
}

function withinLength(index: number, length: number, value: Value): number {
  const at = index < 0 ? index + length : index;
  if (at < 0 || at >= length) throw new StarlarkFailure(outOfRange(index, length, typeOf(value)));
  return at;
}

/** `value[key] = item`. */
export function setIndex(value: Value, key: Value, item: Value): void {
  if (value instanceof Dict) {
    value.set(key, item);
  } else if (value instanceof List) {
    const at = withinLength(asInt32(key), value.items.length, value);
    value.checkMutable("assign to element of");
    value.items[at] = item;
  } else if (value instanceof HostValue && value.assign !== undefined) {
    value.assign(key, item);
  } else {
    throw new StarlarkFailure(`${typeOf(value)} value does not support item assignment`);
  }
}
