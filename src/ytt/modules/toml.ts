import { parse, TomlDate, TomlError, type TomlValue } from "smol-toml";
import {
  type CallContext,
  Dict,
  Float,
  intOf,
  LimitExceeded,
  List,
  StarlarkFailure,
  type Value,
} from "../../starlark/index.ts";
import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { checkKeywords, indentKeyword, type ModuleMembers, moduleOf, oneString } from "./builtin.ts";
import { encodable, maxDepth, plainValue, sortedEntries } from "./encodable.ts";
import { encodeToml } from "./toml-encode.ts";

const defaultIndent = 2;

/** `@ytt:toml`. */
export const tomlModule: ModuleMembers = moduleOf("toml", {
  encode: yttFunction("toml.encode", (args, kwargs, context) => {
    const value = onlyArgument(args);
    checkKeywords(kwargs, ["indent"]);
    const indent = indentKeyword(kwargs) || defaultIndent;
    return encodeToml(plainValue(encodable(value, context, indent)), indent, (length) => context.allocate(length));
  }),
  decode: yttFunction("toml.decode", (args, _kwargs, context) => decodeToml(oneString(args, context), context)),
});

function decodeToml(text: string, context: CallContext): Value {
  try {
    return valueOf(parse(text, { integersAsBigInt: true, maxDepth }), context, 0);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line says what is wrong; others show the place.
    const [reason = ""] = error.message.split("\n");
    throw new StarlarkFailure(`toml: line ${error.line}: ${reason.replace("Invalid TOML document: ", "")}`);
  }
}

const bytesPerValue = 32;

function valueOf(value: TomlValue, context: CallContext, depth: number): Value {
  // Keys with dots nest as well, and the parser does not count them.
  if (depth > maxDepth) throw new LimitExceeded("TOML depth", `TOML nests deeper than ${maxDepth} levels`);
  context.step(1);
  context.allocate(bytesPerValue);
  switch (typeof value) {
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) throw new StarlarkFailure(`toml: ${value} is out of range for int64`);
      return intOf(value);
    case "number":
      return new Float(value);
    case "string":
    case "boolean":
      return value;
    default:
      break;
  }
  if (value instanceof TomlDate) throw new StarlarkFailure("dates of TOML have no type in templates");
  if (Array.isArray(value)) return new List(value.map((item) => valueOf(item, context, depth + 1)));
  const entries = Object.entries(value).map(([key, member]) => [key, valueOf(member, context, depth + 1)] as const);
  return Dict.of(sortedEntries(entries));
}
