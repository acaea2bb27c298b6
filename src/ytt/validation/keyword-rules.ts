import { str, typeOf, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import type { Assertion } from "./assertion.ts";
import {
  assertMax,
  assertMaxLength,
  assertMin,
  assertMinLength,
  assertNotNull,
  assertOneNotNull,
  assertOneOf,
  isSequence,
  wholeNumber,
} from "./rules.ts";
import { shown } from "./shown.ts";
import type { Rule } from "./validation.ts";

type Reader = (value: Value, place: string) => Rule | undefined;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "min_len",
    (value, place) => {
      const length = lengthOf("min_len", value, place);
      return rule(`length >= ${str(length)}`, assertMinLength(length));
    },
  ],
  [
    "max_len",
    (value, place) => {
      const length = lengthOf("max_len", value, place);
      return rule(`length <= ${str(length)}`, assertMaxLength(length));
    },
  ],
  ["min", (value) => rule(`a value >= ${shown(value)}`, assertMin(value))],
  ["max", (value) => rule(`a value <= ${shown(value)}`, assertMax(value))],
  [
    "not_null",
    (value, place) => {
      if (typeof value !== "boolean") throw wrongType("not_null", "a boolean", value, place);
      return value ? { message: "not null", check: assertNotNull().check, isCritical: true } : undefined;
    },
  ],
  ["one_not_null", oneNotNull],
  [
    "one_of",
    (value) => {
      if (!isSequence(value))
        throw new YttError(`expected keyword argument one_of to be a sequence, but was ${typeOf(value)}`);
      return rule(`one of ${shown(value)}`, assertOneOf(value));
    },
  ],
]);

/** The order in which the rules of keyword arguments run. */
export const keywordsInOrder: readonly string[] = [...readers.keys()];

/**
 * The rule that a keyword argument stands for; `undefined` where it asks for nothing.
 * @param place Of the annotation.
 */
export function keywordRule(name: string, value: Value, place: string): Rule | undefined {
  const reader = readers.get(name);
  if (reader === undefined) throw new YttError(`unknown keyword argument "${name}" (at ${place})`);
  return reader(value, place);
}

function oneNotNull(value: Value): Rule {
  if (value === true) return rule("exactly one of all children to be not null", assertOneNotNull());
  if (value === false) throw new YttError("one_not_null= cannot be False");
  if (!isSequence(value)) throw new YttError(`expected True or a sequence of keys, but was a '${typeOf(value)}'`);
  return rule(`exactly one of ${shown(value)} to be not null`, assertOneNotNull(value));
}

function lengthOf(name: string, value: Value, place: string): number | bigint {
  const length = wholeNumber(value);
  if (length === undefined) throw wrongType(name, "a number", value, place);
  return length;
}

function wrongType(name: string, wanted: string, value: Value, place: string): YttError {
  return new YttError(`expected keyword argument "${name}" to be ${wanted}, but was ${typeOf(value)} (at ${place})`);
}

function rule(message: string, assertion: Assertion): Rule {
  return { message, check: assertion.check, isCritical: false };
}
