import { Builtin, type CallContext, type KeywordArgument, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { Unconvertible } from "../tree/convert.ts";

/** A rule that programs hold: `.check(value)` is True or fails. */
export class Assertion extends Unconvertible {
  readonly typeName = "@ytt:assert.assertion";
  readonly check: Builtin;

  /** @param parameter Name of the function's only parameter; `undefined`: it has none that could be named, and says so in its own words. */
  constructor(name: string, parameter: string | undefined, holds: (value: Value, context: CallContext) => boolean) {
    super();
    this.check = new Builtin(name, (args, kwargs, context) =>
      holds(parameter === undefined ? onlyArgument(name, args) : argumentOf(parameter, args, kwargs), context),
    );
  }

  get conversionHint(): string {
    return `${this.typeName} does not encode (did you mean to call check()?)`;
  }

  display(): string {
    return "struct(...)";
  }

  override attribute(name: string): Value | undefined {
    return name === "check" ? this.check : undefined;
  }

  override attributeNames(): readonly string[] {
    return ["check"];
  }
}

function onlyArgument(name: string, args: readonly Value[]): Value {
  const [only] = args;
  if (args.length !== 1 || only === undefined)
    throw new StarlarkFailure(`${name}: got ${args.length} arguments, want 1`);
  return only;
}

/** Most of these functions are lambdas in ytt, and their argument may be named. */
function argumentOf(parameter: string, args: readonly Value[], kwargs: readonly KeywordArgument[]): Value {
  const [positional, ...others] = args;
  if (others.length > 0)
    throw new StarlarkFailure(`function lambda accepts 1 positional argument (${args.length} given)`);
  for (const [name, value] of kwargs) {
    if (name !== parameter) throw new StarlarkFailure(`function lambda got an unexpected keyword argument "${name}"`);
    if (positional !== undefined)
      throw new StarlarkFailure(`function lambda got multiple values for parameter "${parameter}"`);
    return value;
  }
  if (positional === undefined) throw new StarlarkFailure(`function lambda missing 1 argument (${parameter})`);
  return positional;
}
