import { type Builtin, isCallable, type KeywordArgument, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { toStarlarkPlain } from "../tree/convert.ts";
import { DocumentSet, type NodeValue } from "../tree/node.ts";
import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { StructValue } from "../values/struct.ts";
import { type ModuleMembers, moduleOf } from "./builtin.ts";
import { encodable } from "./encodable.ts";

/** `@ytt:struct`. */
export const structModule: ModuleMembers = moduleOf("struct", {
  make: yttFunction("struct.make", (args, kwargs) => {
    if (args.length > 0)
      throw new StarlarkFailure("unexpected positional arguments (structs are made from keyword arguments only)");
    return new StructValue(new Map(kwargs));
  }),
  make_and_bind: yttFunction("struct.make_and_bind", (args, kwargs) => {
    const [object] = args;
    if (args.length !== 1 || object === undefined) throw new StarlarkFailure("expected at exactly one argument");
    const bound = kwargs.map(
      ([name, value]): KeywordArgument => [name, isCallable(value) ? bind(value, [object]) : value],
    );
    return new StructValue(new Map(bound));
  }),
  bind: yttFunction("struct.bind", (args) => {
    const [callee, ...bound] = args;
    if (callee === undefined || bound.length === 0) throw new StarlarkFailure("expected at least two arguments");
    return bind(callee, bound);
  }),
  encode: yttFunction("struct.encode", (args, _kwargs, context) =>
    toStarlarkPlain(valueOf(encodable(onlyArgument(args), context, 0)), { mapsAsStructs: true }),
  ),
  decode: yttFunction("struct.decode", (args, _kwargs, context) =>
    toStarlarkPlain(valueOf(encodable(onlyArgument(args), context, 0))),
  ),
});

function bind(callee: Value, bound: readonly Value[]): Builtin {
  return yttFunction("struct.bind_result", (args, kwargs, context) =>
    context.call(callee, [...bound, ...args], kwargs),
  );
}

function valueOf(value: NodeValue | DocumentSet): NodeValue {
  if (value instanceof DocumentSet) throw new StarlarkFailure("a document set is no struct");
  return value;
}
