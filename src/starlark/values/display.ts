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
  return scalarText(value) ?? new Writer(allocator).write(value);
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

type Task =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly value: Value }
  /** The list or dict is written: it may stand again further on. */
  | { readonly kind: "left"; readonly value: List | Dict };

/** Writes nested values without recursion: programs can nest them to any depth. */
class Writer {
  readonly #parts: string[] = [];
  readonly #tasks: Task[] = [];
  /** Lists and dicts that are being written: one that holds itself shows as `[...]`. */
  readonly #path = new Set<Value>();
  readonly #allocator: Allocator | undefined;
  #length = 0;

  constructor(allocator: Allocator | undefined) {
    this.#allocator = allocator;
  }

  write(value: Value): string {
    this.#tasks.push({ kind: "value", value });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      if (task.kind === "text") this.#put(task.text);
      else if (task.kind === "left") this.#path.delete(task.value);
      else this.#writeValue(task.value);
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
    else if (value instanceof List) this.#writeList(value);
    else if (value instanceof Dict) this.#writeDict(value);
    else if (value instanceof Tuple) this.#writeItems("(", value.items, value.items.length === 1 ? ",)" : ")");
    else if (value instanceof StarlarkSet) this.#writeItems("set([", [...value.values()], "])");
  }

  #writeList(list: List): void {
    if (this.#path.has(list)) {
      this.#put("[...]");
      return;
    }
    this.#path.add(list);
    this.#tasks.push({ kind: "left", value: list });
    this.#writeItems("[", list.items, "]");
  }

  #writeDict(dict: Dict): void {
    if (this.#path.has(dict)) {
      this.#put("{...}");
      return;
    }
    this.#path.add(dict);
    const tasks: Task[] = [];
    for (const [key, value] of dict.entries()) {
      tasks.push({ kind: "text", text: tasks.length === 0 ? "{" : ", " }, { kind: "value", value: key });
      tasks.push({ kind: "text", text: ": " }, { kind: "value", value });
    }
    if (tasks.length === 0) this.#put("{");
    tasks.push({ kind: "text", text: "}" }, { kind: "left", value: dict });
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) this.#tasks.push(task);
  }

  #writeItems(open: string, items: readonly Value[], close: string): void {
    this.#allocator?.allocate(items.length * 16);
    this.#put(open);
    this.#tasks.push({ kind: "text", text: close });
    for (let index = items.length - 1; index >= 0; index--) {
      this.#tasks.push({ kind: "value", value: items[index] ?? null });
      if (index > 0) this.#tasks.push({ kind: "text", text: ", " });
    }
  }
}
