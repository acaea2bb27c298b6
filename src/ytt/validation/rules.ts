/** The rules that ytt knows by name: for `@schema/validation`, `@assert/validate` and `@ytt:assert`. */
import {
  compare,
  Dict,
  equals,
  Float,
  HostValue,
  intOf,
  iterate,
  lengthOf,
  List,
  Range,
  repr,
  StarlarkFailure,
  StarlarkSet,
  str,
  Tuple,
  typeOf,
  type Value,
} from "../../starlark/index.ts";
import { Assertion } from "./assertion.ts";
import { decoded } from "./decoded.ts";

export function assertMin(minimum: Value): Assertion {
  return new Assertion("assert.min", "val", (value, context) => {
    const bound = decoded(minimum, context);
    return compare(">=", decoded(value, context), bound, undefined, context) || fail(`value < ${str(bound)}`);
  });
}

export function assertMax(maximum: Value): Assertion {
  return new Assertion("assert.max", "val", (value, context) => {
    const bound = decoded(maximum, context);
    return compare("<=", decoded(value, context), bound, undefined, context) || fail(`value > ${str(bound)}`);
  });
}

/** @param minimum Of a string, in bytes; of a map or array, in items. */
export function assertMinLength(minimum: number | bigint): Assertion {
  return new Assertion("assert.min_len", "sequence", (value) => {
    const length = checkedLength(value);
    return length >= minimum || fail(`length = ${length}`);
  });
}

export function assertMaxLength(maximum: number | bigint): Assertion {
  return new Assertion("assert.max_len", "sequence", (value) => {
    const length = checkedLength(value);
    return length <= maximum || fail(`length = ${length}`);
  });
}

export function assertNotNull(): Assertion {
  return new Assertion("assert.not_null", "value", (value) => value !== null || fail("value is null"));
}

/** @param keys Those of which exactly one must not be null; `undefined`: all that the map has. */
export function assertOneNotNull(keys?: Value): Assertion {
  return new Assertion("check", undefined, (value, context) => {
    const map = decoded(value, context);
    if (!(map instanceof Dict))
      throw new StarlarkFailure(`check: value must be a map or dict, but was '${typeOf(map)}'`);
    const wanted =
      keys === undefined ? [...map.keys()] : [...(iterate(keys) ?? [])].map((key) => decoded(key, context));
    const given = wanted.filter((key) => (map.get(key) ?? null) !== null);
    if (given.length === 1) return true;
    if (given.length > 1) throw new StarlarkFailure(`check: ${repr(new List(given), context)} are not null`);
    throw new StarlarkFailure(`check: ${map.size === 0 ? "value is empty" : "all values are null"}`);
  });
}

/** @param allowed A sequence of values. */
export function assertOneOf(allowed: Value): Assertion {
  return new Assertion("assert.one_of", "val", (value, context) => {
    const found = decoded(value, context);
    const members = decoded(allowed, context);
    const candidates = members instanceof Dict ? members.keys() : iterate(members);
    // An empty fragment is an empty text as YAML, and that is null.
    if (candidates === undefined)
      throw new StarlarkFailure(`unknown binary op: ${typeOf(found)} in ${typeOf(members)}`);
    for (const candidate of candidates) if (equals(found, candidate, undefined, context)) return true;
    return fail("not one of allowed values");
  });
}

/** A number without its fraction; `undefined` for what is no finite number. */
export function wholeNumber(value: Value): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (!(value instanceof Float) || !Number.isFinite(value.value)) return undefined;
  return intOf(BigInt(Math.trunc(value.value)));
}

/** What has a length and can be gone through; strings are not among them. */
export function isSequence(value: Value): boolean {
  if (value instanceof HostValue) return value.iterate !== undefined && value.length !== undefined;
  return (
    value instanceof List ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof StarlarkSet ||
    value instanceof Range
  );
}

function checkedLength(value: Value): number {
  const length = lengthOf(value);
  if (length === undefined) throw new StarlarkFailure(`len: value of type ${typeOf(value)} has no len`);
  return length;
}

function fail(reason: string): never {
  throw new StarlarkFailure(`fail: ${reason}`);
}
