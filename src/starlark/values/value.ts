/**
 * Starlark values as JavaScript values. `null` is None; a `number` is always an int within ±(2^53-1), a `bigint` always an int beyond that,
 * so that each int has one form; floats are a class of their own. Strings are byte strings in UTF-8: see `text.ts`.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | List
  | Tuple
  | Dict
  | StarlarkSet
  | Range
  | Callable
  | HostValue;

/** A double, also where it is integral. A class, so that no int can be taken for it. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What can be frozen and must not change while it is iterated. */
abstract class Mutable {
  #frozen = false;
  /** Loops over it that are running. */
  iterators = 0;

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Marks this value alone; answers whether it was marked before. `freeze` goes through everything that it holds. */
  markFrozen(): boolean {
    const before = this.#frozen;
    this.#frozen = true;
    return before;
  }

  /**
   * Must be called before any change.
   * @param verb What is tried: "append to", "insert into".
   */
  checkMutable(verb: string): void {
    if (this.#frozen) throw new StarlarkFailure(`cannot ${verb} frozen ${this.typeName}`);
    if (this.iterators > 0) throw new StarlarkFailure(`cannot ${verb} ${this.typeName} during iteration`);
  }

  /** As these messages call it ("hash table" for dicts and sets). */
  protected abstract get typeName(): string;
}

export class List extends Mutable {
  readonly items: Value[];
  constructor(items: Value[]) {
    super();
    this.items = items;
  }
  protected get typeName(): string {
    return "list";
  }
}

/** What a value is found by in a dict or set: `1` and `1.0` are one key, `True` and `1` are two, tuples go by what they hold. */
export type HashKey = null | boolean | number | bigint | string | object;

export class Dict extends Mutable {
  readonly #entries = new Map<HashKey, [key: Value, value: Value]>();

  protected get typeName(): string {
    return "hash table";
  }

  static of(entries: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `undefined` when it is not there. Throws `unhashable type: …`. */
  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }

  /** A key that is there already keeps its place. */
  set(key: Value, value: Value): void {
    this.checkMutable("insert into");
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined) this.#entries.set(hash, [key, value]);
    else entry[1] = value;
  }

  /** The value that was there. */
  delete(key: Value): Value | undefined {
    this.checkMutable("delete from");
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    this.#entries.delete(hash);
    return entry?.[1];
  }

  clear(): void {
    this.checkMutable("clear");
    this.#entries.clear();
  }

  /** In insertion order. */
  entries(): IterableIterator<[key: Value, value: Value]> {
    return this.#entries.values();
  }

  *keys(): IterableIterator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

export class StarlarkSet extends Mutable {
  readonly #items = new Map<HashKey, Value>();

  protected get typeName(): string {
    return "hash table";
  }

  static of(items: Iterable<Value>): StarlarkSet {
    const set = new StarlarkSet();
    for (const item of items) set.add(item);
    return set;
  }

  get size(): number {
    return this.#items.size;
  }

  has(item: Value): boolean {
    return this.#items.has(hashKey(item));
  }

  add(item: Value): void {
    this.checkMutable("insert into");
    const hash = hashKey(item);
    if (!this.#items.has(hash)) this.#items.set(hash, item);
  }

  delete(item: Value): boolean {
    this.checkMutable("delete from");
    return this.#items.delete(hashKey(item));
  }

  /** In insertion order. */
  values(): IterableIterator<Value> {
    return this.#items.values();
  }
}

/** `range(start, stop, step)`; all three are small ints. */
export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }
  at(index: number): number {
    return this.start + index * this.step;
  }
}

/** What a call gets besides its arguments; made by the evaluator (`eval/thread.ts`). */
export interface CallContext {
  /** Calls any callable, counting steps and depth. Throws what the callee throws. */
  call(callee: Value, args: readonly Value[], kwargs?: readonly KeywordArgument[]): Value;
  /** Counts allocated bytes against the budget. Throws `LimitExceeded`. */
  allocate(bytes: number): void;
  /** Counts work of a builtin that loops, in steps. Throws `LimitExceeded`. */
  step(count: number): void;
  /** Where the caller stands: file of the innermost Starlark frame, `undefined` outside of any. */
  readonly callerFile: string | undefined;
  /** Receives a line of `print`. */
  print(line: string): void;
}

export type KeywordArgument = readonly [name: string, value: Value];

/** A function of Starlark or of the host. */
export abstract class Callable {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  /** Starlark's `type()`. */
  abstract readonly typeName: "function" | "builtin_function_or_method";
  abstract invoke(context: CallContext, args: readonly Value[], kwargs: readonly KeywordArgument[]): Value;
  /** What it holds: defaults of parameters, captured variables. */
  heldValues(): Iterable<Value> {
    return [];
  }
}

export type BuiltinBody = (args: readonly Value[], kwargs: readonly KeywordArgument[], context: CallContext) => Value;

/** A function of the host. Its failures are `StarlarkFailure`s; the body puts its own name before the message where that is the custom. */
export class Builtin extends Callable {
  readonly typeName = "builtin_function_or_method";
  readonly #body: BuiltinBody;
  /** The value whose method this is. */
  readonly receiver: Value | undefined;
  constructor(name: string, body: BuiltinBody, receiver?: Value) {
    super(name);
    this.#body = body;
    this.receiver = receiver;
  }
  invoke(context: CallContext, args: readonly Value[], kwargs: readonly KeywordArgument[]): Value {
    return this.#body(args, kwargs, context);
  }
}

/**
 * A value of the host (struct, module, YAML fragment). Each optional method is an ability: without `iterate` it is not iterable, without
 * `attribute` it has no fields. Names come from untrusted programs and are answered by the method, never by a property of the object.
 */
export abstract class HostValue {
  /** Starlark's `type()`. */
  abstract readonly typeName: string;
  /** `str()` and `repr()`. */
  abstract display(): string;
  isTruthy(): boolean {
    return true;
  }
  /** Called once by `freeze` for values that hold others. */
  freeze(): void {}
  /** `x.name`; `undefined`: there is no such field. May throw `StarlarkFailure` with a message of its own. */
  attribute?(name: string): Value | undefined;
  /** In the order of `dir()`. */
  attributeNames?(): readonly string[];
  /** `x[key]`; `undefined`: not there (`key "…" not in <type>`). */
  lookup?(key: Value): Value | undefined;
  /** `x[i]` for sequences: called with 0 ≤ i < length. */
  at?(index: number): Value;
  length?(): number;
  /** `x[a:b]`: for values that say in their own words why it cannot be. */
  slice?(): never;
  iterate?(): Iterable<Value>;
  /** Pairs, for `dict(x)` and `**x`. */
  items?(): Iterable<readonly [Value, Value]>;
  /** `item in x`. */
  contains?(item: Value): boolean;
  /** `x[key] = value`. */
  assign?(key: Value, value: Value): void;
  /** Called like a function. */
  invoke?(context: CallContext, args: readonly Value[], kwargs: readonly KeywordArgument[]): Value;
  /** `x == other` for a value of the same type; without it equality is identity. */
  equals?(other: HostValue): boolean;
  /** May be a key of a dict, by identity. Default false. */
  readonly hashable: boolean = false;
}

/** A failure that a Starlark program meets: the message without position. The evaluator adds the call path (`EvalError`). */
export class StarlarkFailure extends Error {
  override readonly name: string = "StarlarkFailure";
}

/** A bound on work or memory was met (reliability.md L13). Passes through `assert.try_to`. */
export class LimitExceeded extends StarlarkFailure {
  override readonly name: string = "LimitExceeded";
  readonly limit: string;
  constructor(limit: string, message: string) {
    super(message);
    this.limit = limit;
  }
}

/** Whether programs may call it. */
export function isCallable(value: Value): boolean {
  return value instanceof Callable || (value instanceof HostValue && value.invoke !== undefined);
}

/** Starlark's `type(value)`. */
export function typeOf(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "int";
    case "string":
      return "string";
    default:
      break;
  }
  if (value === null) return "NoneType";
  if (value instanceof Float) return "float";
  if (value instanceof List) return "list";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Dict) return "dict";
  if (value instanceof StarlarkSet) return "set";
  if (value instanceof Range) return "range";
  return value.typeName;
}

/** The one form of an int. */
export function intOf(value: bigint | number): number | bigint {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : BigInt(value);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function hashKey(value: Value): HashKey {
  switch (typeof value) {
    case "string":
      // The mark of a tuple's key cannot be forged: a text that starts with it gets one more.
      return value.charCodeAt(0) === 0 ? `\0${value}` : value;
    case "number":
    case "bigint":
    case "boolean":
      return value;
    default:
      break;
  }
  if (value === null) return null;
  if (value instanceof Float) return floatKey(value.value);
  if (value instanceof Tuple) return tupleKey(value);
  if (value instanceof Callable) return value;
  if (value instanceof HostValue && value.hashable) return value;
  throw new StarlarkFailure(`unhashable${value instanceof Range ? "" : " type"}: ${typeOf(value)}`);
}

function floatKey(value: number): HashKey {
  // NaN is no key that is ever found again.
  if (Number.isNaN(value)) return {};
  if (!Number.isInteger(value)) return value;
  return value === 0 ? 0 : intOf(BigInt(value));
}

/** Bounds of tuples as keys: they may share parts, so that a small one is large when written out. */
const maxKeyDepth = 50;
const maxKeyLength = 1_000_000;
let keyDepth = 0;

function tupleKey({ items }: Tuple): string {
  if (keyDepth >= maxKeyDepth) throw new StarlarkFailure("comparison exceeded maximum recursion depth");
  keyDepth++;
  try {
    let key = "\0(";
    for (const item of items) {
      key += `${tuplePart(item)},`;
      if (key.length > maxKeyLength) throw new LimitExceeded("bytes", "tuple is too large to be a key");
    }
    return key;
  } finally {
    keyDepth--;
  }
}

function tuplePart(item: Value): string {
  const key = hashKey(item);
  switch (typeof key) {
    case "string":
      return `s${key.length}:${key}`;
    case "object":
      return key === null ? "n" : `o${identityOf(key)}`;
    default:
      return `${typeof key === "boolean" ? "b" : "d"}${String(key)}`;
  }
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(object: object): number {
  const known = identities.get(object);
  if (known !== undefined) return known;
  identities.set(object, ++nextIdentity);
  return nextIdentity;
}
