import { universe } from "../builtins/universe.ts";
import type { Evaluate } from "../eval/function.ts";
import type { Activation } from "../eval/activation.ts";
import type { Identifier } from "../syntax/ast.ts";
import { StarlarkFailure, type Value } from "../values/value.ts";
import type { FunctionCompiler } from "./context.ts";

export type Assign = (at: Activation, value: Value) => void;

/** Reads a variable. */
export function compileName({ name, place, binding }: Identifier, compiler: FunctionCompiler): Evaluate {
  if (binding?.scope === "universal") {
    const value = universe.get(name) ?? null;
    return () => value;
  }
  const index = compiler.at(place);
  switch (binding?.scope) {
    case "local":
      return binding.cell === undefined ? readLocal(binding.index, name, index) : readCell(binding.cell, name, index);
    case "free": {
      const slot = binding.index;
      return (at) => at.free[slot]?.value ?? unset(at, at.free[slot]?.value, "local", name, index);
    }
    case "global": {
      const slot = binding.index;
      return (at) => at.module.globals[slot] ?? unset(at, at.module.globals[slot], "global", name, index);
    }
    case "predeclared": {
      const slot = compiler.module.predeclaredIndex(name);
      return (at) => {
        const value = at.module.predeclared[slot];
        if (value !== undefined) return value;
        at.place = index;
        throw new StarlarkFailure(`internal error: predeclared variable ${name} is uninitialized`);
      };
    }
    default:
      return () => null;
  }
}

function readLocal(slot: number, name: string, index: number): Evaluate {
  return (at) => at.locals[slot] ?? unset(at, at.locals[slot], "local", name, index);
}

function readCell(slot: number, name: string, index: number): Evaluate {
  return (at) => at.cells[slot]?.value ?? unset(at, at.cells[slot]?.value, "local", name, index);
}

/** For `null`, which is None; anything else was never assigned. */
function unset(at: Activation, value: Value | undefined, scope: "local" | "global", name: string, index: number): null {
  if (value === null) return null;
  at.place = index;
  throw new StarlarkFailure(`${scope} variable ${name} referenced before assignment`);
}

/** Sets a variable. */
export function compileSet({ binding }: Identifier): Assign {
  switch (binding?.scope) {
    case "local": {
      const { cell, index } = binding;
      if (cell === undefined)
        return (at, value) => {
          at.locals[index] = value;
        };
      return (at, value) => {
        const shared = at.cells[cell];
        if (shared !== undefined) shared.value = value;
      };
    }
    case "global": {
      const { index } = binding;
      return (at, value) => {
        at.module.globals[index] = value;
      };
    }
    default:
      // The resolver binds whatever is assigned.
      return () => {};
  }
}
