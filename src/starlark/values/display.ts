import { floatText } from "./float-text.ts";
import { quoteText } from "./quote.ts";
import { joined } from "./text.ts";
import {
  Builtin,
  Callable,
  Dict,
  Float,
  HostValue,
  LimitExceeded,
  List,
  Range,
  StarlarkSet,
  Tuple,
  type Value,
} from "./value.ts";

/** Counts what is allocated: the budget, where there is one. */
export interface Allocator {
  allocate(bytes: number): void;
}

/** Longest text in characters; engines cannot hold twice as much in one string. */
export const maxTextLength: number = 2 ** 28;

/** `repr(value)`. */
export function repr(value: Value, allocator?: Allocator): string {
  const text = scalarText(value);
  if (text === undefined) return new Writer(allocator).write(value);
  // The digits of a large int take more time than other text.
  allocator?.allocate(text.length * (typeof value === "bigint" ? 16 : 1) + 16);
  return text;
}

/** `str(value)`: strings stay as they are. */
export function str(value: Value, allocator?: Allocator): string {
  return typeof value === "string" ? value : repr(value, allocator);
}

function scalarText(value: Value): string | undefined {
  switch (typeof value) {
    case "string":
      return quoteText(value);
    case "number":
    case "bigint":
      return value.toString();
    case "boolean":
      return value ? "True" : "False";
    default:
      break;
  }
  if (value === null) return "None";
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Range) return rangeText(value);
  if (value instanceof Callable) return callableText(value);
  return value instanceof HostValue ? value.display() : undefined;
}

function rangeText({ start, step, stop }: Range): string {
  if (step !== 1) return `range(${start}, ${stop}, ${step})`;
  return start === 0 ? `range(${stop})` : `range(${start}, ${stop})`;
}

function callableText(value: Callable): string {
  if (!(value instanceof Builtin)) return `<function ${value.name}>`;
  if (value.receiver === undefined) return `<built-in function ${value.name}>`;
  return `<built-in method ${value.name} of ${receiverType(value.receiver)} value>`;
}

function receiverType(receiver: Value): string {
  if (typeof receiver === "string") return "string";
  if (receiver instanceof List) return "list";
  if (receiver instanceof Dict) return "dict";
  if (receiver instanceof StarlarkSet) return "set";
  return receiver instanceof HostValue ? receiver.typeName : "";
}

/** A collection that is being written. */
interface Open {
  /** Of a dict, keys and values in turn. */
  readonly items: readonly Value[];
  readonly isDict: boolean;
  readonly close: string;
  /** A list or dict, which may hold itself. */
  readonly holder: List | Dict | undefined;
  next: number;
}

/** Writes nested values without recursion: programs can nest them to any depth. */
class Writer {
  readonly #parts: string[] = [];
  readonly #open: Open[] = [];
  /** Lists and dicts that are being written: one that holds itself shows as `[...]`. */
  readonly #path = new Set<Value>();
  readonly #allocator: Allocator | undefined;
  #length = 0;

  constructor(allocator: Allocator | undefined) {
    this.#allocator = allocator;
  }

  write(value: Value): string {
    this.#writeValue(value);
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      const { items, next } = top;
      if (next === items.length) {
        this.#put(top.close);
        if (top.holder !== undefined) this.#path.delete(top.holder);
        this.#open.pop();
        continue;
      }
      top.next++;
      if (next > 0) this.#put(top.isDict && next % 2 === 1 ? ": " : ", ");
      this.#writeValue(items[next] ?? null);
    }
    return joined(this.#parts.join(""));
  }

  #put(text: string): void {
    this.#length += text.length;
    if (this.#length > maxTextLength) throw new LimitExceeded("bytes", "text is too long");
    this.#allocator?.allocate(text.length + 8);
    this.#parts.push(text);
  }

  #writeValue(value: Value): void {
    const text = scalarText(value);
    if (text !== undefined) this.#put(text);
    else if (value instanceof List) this.#begin("[", value.items, "]", value);
    else if (value instanceof Tuple) this.#begin("(", value.items, value.items.length === 1 ? ",)" : ")");
    else if (value instanceof StarlarkSet) this.#begin("set([", [...value.values()], "])");
    else if (value instanceof Dict) this.#begin("{", [...value.entries()].flat(), "}", value);
  }

  #begin(open: string, items: readonly Value[], close: string, holder?: List | Dict): void {
    if (holder !== undefined && this.#path.has(holder)) {
      this.#put(`${open}...${close}`);
      return;
    }
    if (holder !== undefined) this.#path.add(holder);
    this.#allocator?.allocate(64 + (holder instanceof List ? 0 : items.length * 16));
    this.#put(open);
    this.#open.push({ items, isDict: holder instanceof Dict, close, holder, next: 0 });
  }
}
