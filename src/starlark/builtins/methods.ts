import { Builtin, Dict, HostValue, List, StarlarkSet, type Value } from "../values/value.ts";
import { dictMethods } from "./dict-methods.ts";
import { listMethods } from "./list-methods.ts";
import type { Method, MethodTable } from "./method.ts";
import { setMethods } from "./set-methods.ts";
import { stringMethods } from "./string-methods.ts";

/** A method with its table's type of receiver forgotten: it is called on a value that it was found for. */
export type AnyMethod = Method<Value>;

function forget<T extends Value>(table: MethodTable<T>): ReadonlyMap<string, AnyMethod> {
  // Sound since `methodsOf` looks at the receiver.
  return table as unknown as ReadonlyMap<string, AnyMethod>;
}

const ofString = forget(stringMethods);
const ofList = forget(listMethods);
const ofDict = forget(dictMethods);
const ofSet = forget(setMethods);

/** The methods of a builtin type; `undefined`: it has none. */
export function methodsOf(value: Value): ReadonlyMap<string, AnyMethod> | undefined {
  if (typeof value === "string") return ofString;
  if (value instanceof List) return ofList;
  if (value instanceof Dict) return ofDict;
  return value instanceof StarlarkSet ? ofSet : undefined;
}

/** `value.name`; `undefined`: there is no such thing. */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (value instanceof HostValue) return value.attribute?.(name);
  const method = methodsOf(value)?.get(name);
  if (method === undefined) return undefined;
  return new Builtin(name, (args, kwargs, context) => method(value, args, kwargs, context), value);
}

/** What `dir` lists. */
export function attributeNames(value: Value): readonly string[] {
  if (value instanceof HostValue) return [...(value.attributeNames?.() ?? [])];
  return [...(methodsOf(value)?.keys() ?? [])].sort();
}
