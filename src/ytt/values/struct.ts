import { HostValue, repr, StarlarkFailure, typeOf, type Value } from "../../starlark/index.ts";

/** `struct.make(...)` and `data.values`: fields by name, in insertion order, never changed. */
export class StructValue extends HostValue {
  readonly typeName = "struct";
  readonly fields: ReadonlyMap<string, Value>;

  constructor(fields: ReadonlyMap<string, Value>) {
    super();
    this.fields = fields;
  }

  display(): string {
    return "struct(...)";
  }

  override isTruthy(): boolean {
    return this.fields.size > 0;
  }

  override attribute(name: string): Value | undefined {
    return this.fields.get(name);
  }

  override attributeNames(): readonly string[] {
    return [...this.fields.keys()];
  }

  override lookup(key: Value): Value | undefined {
    if (typeof key !== "string") throw new StarlarkFailure(`expected a string, but was ${typeOf(key)}`);
    return this.fields.get(key);
  }

  override length(): number {
    return this.fields.size;
  }

  override iterate(): Iterable<Value> {
    return this.fields.keys();
  }

  override items(): Iterable<readonly [Value, Value]> {
    return this.fields;
  }
}

/** A module of functions and constants: what `load` gives and `module.make` makes. */
export class ModuleValue extends HostValue {
  readonly typeName = "module";
  readonly name: string;
  readonly members: ReadonlyMap<string, Value>;

  constructor(name: string, members: ReadonlyMap<string, Value>) {
    super();
    this.name = name;
    this.members = members;
  }

  display(): string {
    return `<module ${repr(this.name)}>`;
  }

  override attribute(name: string): Value | undefined {
    return this.members.get(name);
  }

  override attributeNames(): readonly string[] {
    return [...this.members.keys()].sort();
  }
}
