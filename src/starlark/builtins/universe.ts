import { isTruthy, lengthOf } from "../values/collections.ts";
import { repr, str } from "../values/display.ts";
import { joined } from "../values/text.ts";
import {
  Builtin,
  type BuiltinBody,
  type CallContext,
  type KeywordArgument,
  LimitExceeded,
  List,
  StarlarkFailure,
  typeOf,
  type Value,
} from "../values/value.ts";
import { hashOf, makeChar, makeFloat, makeInt, onlyArgument, ordOf } from "./conversions.ts";
import { attributeNames, attributeOf } from "./methods.ts";
import { named } from "./named.ts";
import {
  all,
  any,
  enumerate,
  extreme,
  makeDict,
  makeList,
  makeRange,
  makeSet,
  makeTuple,
  reversed,
  sorted,
  zip,
} from "./sequences.ts";
import { asString, asValue, optional, unpackArgs, unpackPositional } from "./unpack.ts";

type Args = readonly Value[];
type Kwargs = readonly KeywordArgument[];

const functions: Readonly<Record<string, BuiltinBody>> = {
  all,
  any,
  bool: (args, kwargs) => isTruthy(unpackPositional("bool", args, kwargs, [], [asValue])[0] ?? false),
  chr: makeChar,
  dict: makeDict,
  dir: (args, kwargs) => new List([...attributeNames(onlyArgument("dir", args, kwargs))].sort()),
  enumerate,
  fail(args, kwargs, context): never {
    throw new StarlarkFailure(`fail: ${joinShown("fail", args, kwargs, context)}`);
  },
  float: makeFloat,
  getattr: getAttr,
  hasattr: hasAttr,
  hash: hashOf,
  int: makeInt,
  len: lengthOfArgument,
  list: makeList,
  max: (args, kwargs, context) => extreme("max", args, kwargs, context),
  min: (args, kwargs, context) => extreme("min", args, kwargs, context),
  ord: ordOf,
  print(args, kwargs, context) {
    context.print(joinShown("print", args, kwargs, context));
    return null;
  },
  range: makeRange,
  repr: (args, kwargs, context) => repr(unpackPositional("repr", args, kwargs, [asValue])[0], context),
  reversed,
  set: makeSet,
  sorted,
  str: (args, kwargs, context) => str(onlyArgument("str", args, kwargs, "want exactly 1"), context),
  tuple: makeTuple,
  type: (args, kwargs) => typeOf(onlyArgument("type", args, kwargs, "want exactly 1")),
  zip,
};

/** The names that every program knows. */
export const universe: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["None", null],
  ["True", true],
  ["False", false],
  ...Object.entries(functions).map(([name, body]) => [name, new Builtin(name, body)] as const),
]);

function joinShown(builtin: string, args: Args, kwargs: Kwargs, context: CallContext): string {
  const [separator = " "] = unpackArgs(builtin, [], kwargs, [optional("sep", asString)]);
  context.allocate(args.length * separator.length);
  return joined(args.map((arg) => str(arg, context)).join(separator));
}

function lengthOfArgument(args: Args, kwargs: Kwargs): Value {
  const [value] = unpackPositional("len", args, kwargs, [asValue]);
  const length = lengthOf(value);
  if (length === undefined) throw new StarlarkFailure(`len: value of type ${typeOf(value)} has no len`);
  return length;
}

function getAttr(args: Args, kwargs: Kwargs): Value {
  const [value, name, otherwise] = unpackPositional("getattr", args, kwargs, [asValue, asString], [asValue]);
  if (otherwise === undefined) {
    const found = named("getattr", () => attributeOf(value, name));
    if (found !== undefined) return found;
    throw new StarlarkFailure(`getattr: ${typeOf(value)} has no .${name} field or method`);
  }
  try {
    const found = attributeOf(value, name);
    return found === undefined ? otherwise : found;
  } catch (error) {
    if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
    return otherwise;
  }
}

function hasAttr(args: Args, kwargs: Kwargs): Value {
  const [value, name] = unpackPositional("hasattr", args, kwargs, [asValue, asString]);
  try {
    return attributeOf(value, name) !== undefined;
  } catch (error) {
    if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
    return attributeNames(value).includes(name);
  }
}
