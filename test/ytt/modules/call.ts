import { Budget, Builtin, fromBytes, type StarlarkLimits, Thread, type Value } from "../../../src/starlark/index.ts";
import { standardModule } from "../../../src/ytt/modules/index.ts";
import { ModuleValue } from "../../../src/ytt/values/struct.ts";

export const warnings: string[] = [];
const options = { yttVersion: "0.52.0", warn: (line: string) => warnings.push(line) };

export function member(path: string): Value {
  const [name = "", field = ""] = path.split(".");
  const module = standardModule(name, options)?.get(name);
  const found = module instanceof ModuleValue ? module.attribute(field) : undefined;
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

export function threadWith(limits: Partial<StarlarkLimits> = {}): Thread {
  return new Thread({ print: () => {}, load: () => new Map(), budget: new Budget(limits) });
}

/** Calls a function of a module by its path, `json.encode`. */
export function call(
  path: string,
  args: readonly Value[],
  kwargs: Readonly<Record<string, Value>> = {},
  thread: Thread = threadWith(),
): Value {
  return thread.call(member(path), args, Object.entries(kwargs));
}

export function failureOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "no failure";
}

/** A function of the host in the place of one of Starlark. */
export function functionOf(body: (...args: readonly Value[]) => Value): Builtin {
  return new Builtin("function", (args) => body(...args));
}

/** Bytes as a Starlark string. */
export function bytes(...values: readonly number[]): string {
  return fromBytes(Uint8Array.from(values));
}
