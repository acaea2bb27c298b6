import { StarlarkFailure, typeOf, type Value } from "../../starlark/index.ts";
import { Unconvertible } from "../tree/convert.ts";

/** A struct with a type of its own, which must be asked for its text before it can stand in YAML. */
export class TypedStruct extends Unconvertible {
  readonly typeName: string;
  readonly conversionHint: string;
  readonly #fields: ReadonlyMap<string, Value>;

  constructor(typeName: string, fields: Record<string, Value>) {
    super();
    this.typeName = `@ytt:${typeName}`;
    this.conversionHint = `${this.typeName} does not automatically encode (hint: use .string())`;
    this.#fields = new Map(Object.entries(fields));
  }

  display(): string {
    return "struct(...)";
  }

  override attribute(name: string): Value | undefined {
    return this.#fields.get(name);
  }

  override attributeNames(): readonly string[] {
    return [...this.#fields.keys()].sort();
  }

  override lookup(key: Value): Value | undefined {
    if (typeof key !== "string") throw new StarlarkFailure(`expected a string, but was ${typeOf(key)}`);
    return this.#fields.get(key);
  }

  override length(): number {
    return this.#fields.size;
  }

  override iterate(): Iterable<Value> {
    return this.#fields.keys();
  }

  override items(): Iterable<readonly [Value, Value]> {
    return this.#fields;
  }
}
