import { setAttribute, setIndex } from "../eval/access.ts";
import type { Activation } from "../eval/activation.ts";
import type { Expression } from "../syntax/ast.ts";
import type { Place } from "../syntax/tokens.ts";
import { iterate, lengthOf } from "../values/collections.ts";
import { List, StarlarkFailure, Tuple, typeOf, type Value } from "../values/value.ts";
import { bytesPerEntry } from "../builtins/dict-methods.ts";
import type { FunctionCompiler } from "./context.ts";
import { type Assign, compileSet } from "./variables.ts";

/**
 * Assigns to a target of any form.
 * @param place Of the statement, where values to unpack may be too few.
 */
export function compileAssign(target: Expression, place: Place, compiler: FunctionCompiler): Assign {
  switch (target.kind) {
    case "paren":
      return compileAssign(target.inner, place, compiler);
    case "identifier":
      return compileSet(target);
    case "tuple":
    case "list": {
      const unpacking = compiler.at(place);
      const parts = target.items.map((item) => compileAssign(item, place, compiler));
      return (at, value) => unpack(at, value, parts, unpacking);
    }
    case "index": {
      const object = compiler.expression(target.object);
      const key = compiler.expression(target.key);
      const bracket = compiler.at(target.bracket);
      return (at, value) => {
        const holder = object(at);
        const index = key(at);
        at.place = bracket;
        assignIndex(at, holder, index, value);
      };
    }
    case "dot": {
      const object = compiler.expression(target.object);
      const dot = compiler.at(target.dot);
      const { name } = target;
      return (at) => {
        const holder = object(at);
        at.place = dot;
        setAttribute(holder, name);
      };
    }
    default:
      // The resolver refuses other targets.
      return () => {};
  }
}

/** `holder[index] = value`, counted as memory. */
export function assignIndex(at: Activation, holder: Value, index: Value, value: Value): void {
  at.budget.allocate(holder instanceof List ? 0 : bytesPerEntry);
  setIndex(holder, index, value);
}

function unpack(at: Activation, value: Value, parts: readonly Assign[], place: number): void {
  at.place = place;
  const items = value instanceof Tuple || value instanceof List ? value.items : take(value, parts.length + 1);
  if (items.length > parts.length)
    throw new StarlarkFailure(`too many values to unpack (got ${lengthOf(value) ?? -1}, want ${parts.length})`);
  if (items.length < parts.length)
    throw new StarlarkFailure(`too few values to unpack (got ${items.length}, want ${parts.length})`);
  // A target may change the list that is being unpacked.
  const taken = value instanceof List ? items.slice() : items;
  for (let index = 0; index < parts.length; index++) parts[index]?.(at, taken[index] ?? null);
}

function take(value: Value, most: number): Value[] {
  const items = iterate(value);
  if (items === undefined) throw new StarlarkFailure(`got ${typeOf(value)} in sequence assignment`);
  const taken: Value[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === most) break;
  }
  return taken;
}
