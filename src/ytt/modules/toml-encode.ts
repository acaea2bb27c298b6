import { Float, StarlarkFailure } from "../../starlark/index.ts";
import { type PlainValue, sortedEntries } from "./encodable.ts";

type Table = ReadonlyMap<string, PlainValue>;

/**
 * TOML as `github.com/BurntSushi/toml` lays it out: in each table its plain keys first and then those that are tables, both sorted, each
 * level indented.
 * @param indent Spaces per level.
 * @param allocate Told the length of each line: keys of tables grow with their depth.
 */
export function encodeToml(value: PlainValue, indent: number, allocate: (length: number) => void): string {
  if (Array.isArray(value)) isTableArray(value);
  if (!isTable(value)) throw new StarlarkFailure("toml: top-level values must be Go maps or structs");
  const writer = new TomlWriter(indent, allocate);
  writer.table([], value);
  return writer.text;
}

class TomlWriter {
  readonly #indent: number;
  readonly #allocate: (length: number) => void;
  text = "";

  constructor(indent: number, allocate: (length: number) => void) {
    this.#indent = indent;
    this.#allocate = allocate;
  }

  /** @param path Keys that lead to the table. */
  table(path: readonly string[], table: Table): void {
    for (const [key, value] of sections(table)) {
      const own = [...path, key];
      if (isTable(value)) {
        if (own.length === 1) this.#blankLine();
        this.#line(own, `[${dotted(own)}]`);
        this.table(own, value);
      } else if (isTableArray(value)) {
        for (const item of value) {
          this.#blankLine();
          this.#line(own, `[[${dotted(own)}]]`);
          this.table(own, item);
        }
      } else {
        this.#line(own, `${keyText(key)} = ${inline(value)}`);
      }
    }
  }

  #blankLine(): void {
    if (this.text !== "") this.text += "\n";
  }

  #line(path: readonly string[], line: string): void {
    const indented = `${" ".repeat(this.#indent * (path.length - 1))}${line}\n`;
    this.#allocate(indented.length);
    this.text += indented;
  }
}

/** What is not null: plain values, then tables and arrays of such. */
function sections(table: Table): readonly (readonly [string, PlainValue])[] {
  const entries = sortedEntries(table).filter(([, value]) => value !== null);
  const [plain, tables] = [false, true].map((wanted) =>
    entries.filter(([, value]) => (isTable(value) || isTableArray(value)) === wanted),
  );
  return [...(plain ?? []), ...(tables ?? [])];
}

function isTable(value: PlainValue): value is Table {
  return value instanceof Map;
}

/** @throws StarlarkFailure when an item is null, here or in an array below. */
function isTableArray(value: PlainValue): value is readonly Table[] {
  if (!Array.isArray(value)) return false;
  for (const item of value) {
    if (item === null) throw new StarlarkFailure("toml: cannot encode array with nil element");
    isTableArray(item);
  }
  return value.length > 0 && value.every(isTable);
}

function inline(value: PlainValue): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (isTable(value))
    return `{${sections(value)
      .map(([key, member]) => `${keyText(key)} = ${inline(member)}`)
      .join(", ")}}`;
  return `[${[...value.values()].map(inline).join(", ")}]`;
}

function dotted(path: readonly string[]): string {
  return path.map(keyText).join(".");
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quote(key);
}

const named: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\f", "\\f"],
  ["\r", "\\r"],
]);

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that TOML wants escaped
// oxlint-disable-next-line no-control-regex -- the characters that TOML wants escaped
const specials = /["\\\u0000-\u001f\u007f]/g;

function quote(text: string): string {
  const escaped = text.replace(
    specials,
    (char) => named.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "+inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const text = withoutExponent(String(Math.abs(value)));
  return `${sign}${text}${text.includes(".") ? "" : ".0"}`;
}

function withoutExponent(text: string): string {
  const [, whole = "", fraction = "", exponent] = /^(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  if (shift < 0) return `0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
  return `${whole}${fraction.padEnd(shift, "0")}`;
}
