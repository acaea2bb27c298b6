import { isCallable, StarlarkFailure, Tuple, typeOf, type Value } from "../../starlark/index.ts";
import { isInputFailure } from "../error.ts";
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
} from "../validation/index.ts";
import { goTypeOf, yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf, stringOf } from "./builtin.ts";
import { encodable } from "./encodable.ts";
import { encodeYaml, yamlIndent } from "./yaml.ts";

/** `@ytt:assert`; its rules are those of validations. */
export const assertModule: ModuleMembers = moduleOf("assert", {
  equals: yttFunction("assert.equals", (args, _kwargs, context) => {
    const [expected, actual] = args;
    if (args.length !== 2 || expected === undefined || actual === undefined) throw wrongCount(args, "2");
    const callable = [expected, actual].find(isCallable);
    if (callable !== undefined)
      throw new StarlarkFailure(`expected argument not to be a function, but was ${goTypeOf(callable)}`);
    const wanted = encodeYaml(encodable(expected, context, yamlIndent));
    const found = encodeYaml(encodable(actual, context, yamlIndent));
    if (wanted === found) return null;
    throw new StarlarkFailure(
      `Not equal:\n(expected type: ${typeOf(expected)})\n${wanted}\n\n(was type: ${typeOf(actual)})\n${found}`,
    );
  }),
  fail: yttFunction("assert.fail", (args, _kwargs, context) => {
    throw new StarlarkFailure(`fail: ${stringOf(onlyOf(args), context)}`);
  }),
  try_to: yttFunction("assert.try_to", (args, _kwargs, context) => {
    const callee = onlyOf(args);
    if (!isCallable(callee))
      throw new StarlarkFailure(`expected argument to be a function, but was ${goTypeOf(callee)}`);
    try {
      return new Tuple([context.call(callee, []), null]);
    } catch (error) {
      if (!isInputFailure(error)) throw error;
      return new Tuple([null, error.message]);
    }
  }),
  min: yttFunction("assert.min", (args) => assertMin(onlyOf(args))),
  max: yttFunction("assert.max", (args) => assertMax(onlyOf(args))),
  min_len: yttFunction("assert.min_len", (args) => assertMinLength(lengthOf(onlyOf(args)))),
  max_len: yttFunction("assert.max_len", (args) => assertMaxLength(lengthOf(onlyOf(args)))),
  one_of: yttFunction("assert.one_of", (args) => {
    const [first] = args;
    if (first === undefined) throw wrongCount(args, "at least 1");
    if (args.length > 1) return assertOneOf(new Tuple(args));
    if (!isSequence(first)) throw new StarlarkFailure(`expected a sequence, but was a '${typeOf(first)}'`);
    return assertOneOf(first);
  }),
  not_null: yttFunction("assert.not_null", (args, _kwargs, context) => {
    if (args.length > 1) throw wrongCount(args, "at most 1");
    const rule = assertNotNull();
    return args.length === 0 ? rule : context.call(rule.check, args);
  }),
  one_not_null: yttFunction("assert.one_not_null", (args) => {
    const [keys] = args;
    if (args.length > 1) throw wrongCount(args, "1");
    if (keys === undefined || keys === true) return assertOneNotNull();
    if (keys === false) throw new StarlarkFailure("one_not_null() cannot be False");
    if (!isSequence(keys)) throw new StarlarkFailure(`expected a sequence of keys, but was a '${typeOf(keys)}'`);
    return assertOneNotNull(keys);
  }),
});

function onlyOf(args: readonly Value[]): Value {
  const [only] = args;
  if (args.length !== 1 || only === undefined) throw wrongCount(args, "1");
  return only;
}

function lengthOf(value: Value): number | bigint {
  const length = wholeNumber(value);
  if (length === undefined) throw new StarlarkFailure(`expected value to be an number, but was ${typeOf(value)}`);
  return length;
}

function wrongCount(args: readonly Value[], wanted: string): StarlarkFailure {
  return new StarlarkFailure(`got ${args.length} arguments, want ${wanted}`);
}
