/**
 * JSON values as Kubernetes holds them, exact: integers outside ±(2^53-1) are `bigint`, everything else is a plain value.
 * Maps come from outside: their keys are data (`__proto__`, `constructor`…). Read them with `own`, write them with `setOwn`.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json | undefined;
}
/** The same, while a value is being built. */
export type MutableJson = null | boolean | number | bigint | string | MutableJson[] | MutableJsonMap;
export interface MutableJsonMap {
  [key: string]: MutableJson | undefined;
}

/**
 * Where a number may stand, sixteen digits in a row: the shortest run that a double may not hold. Only such texts pay for the exact parser, which takes
 * about ten times as long; kapp's label values are nineteen digits in quotes on every object.
 */
const maybeBigInteger = /(?:^|[:,[])\s*-?\d{16}/;

/**
 * Parses JSON without losing integer digits.
 * @throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): Json {
  if (!maybeBigInteger.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown) as Json;
}

/** Compact JSON; `bigint` is written as its digits. Keys keep their order unless `sortKeys`. */
export function stringifyJson(
  value: Json,
  options: { readonly sortKeys?: boolean; readonly indent?: number } = {},
): string {
  const input = options.sortKeys === true ? sortKeysDeep(value) : value;
  try {
    return JSON.stringify(input, null, options.indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // A bigint is inside: the raw form keeps its digits.
    return JSON.stringify(
      input,
      (_key, member: unknown) => (typeof member === "bigint" ? rawJson(member.toString()) : member),
      options.indent,
    );
  }
}

/** The member `key` of a map from outside, `undefined` when absent or when `value` is no map; never an inherited property. */
export function own(value: Json | undefined, key: string): Json | undefined {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Sets `key` as plain data, whatever its name. */
export function setOwn(map: MutableJsonMap, key: string, value: MutableJson): void {
  if (key === "__proto__")
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  else map[key] = value;
}

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `Array.isArray` that keeps the element type. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A deep copy that may be changed. */
export function cloneJson(value: Json): MutableJson {
  if (isList(value)) return value.map(cloneJson);
  if (!isMap(value)) return value;
  const copy: MutableJsonMap = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) setOwn(copy, key, cloneJson(member));
  return copy;
}

/** Deep equality; the order of keys does not matter, an integral double equals the same bigint. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) return a.length === b.length && a.every((member, index) => equalJson(member, b[index]));
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]))
    );
  }
  if (typeof a === "bigint" && typeof b === "number") return Number(a) === b;
  if (typeof a === "number" && typeof b === "bigint") return a === Number(b);
  return false;
}

function exactNumber(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function rawJson(text: string): unknown {
  // JSON.rawJSON (ES2026, Node ≥ 21) has no type in the library that TypeScript ships yet.
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function sortKeysDeep(value: Json): Json {
  if (isList(value)) return value.map(sortKeysDeep);
  if (!isMap(value)) return value;
  const sorted: MutableJsonMap = {};
  // Byte order, as Go sorts keys: for well-formed strings the order of code points.
  for (const key of Object.keys(value).sort(compareCodePoints)) {
    const member = value[key];
    if (member !== undefined) setOwn(sorted, key, sortKeysDeep(member) as MutableJson);
  }
  return sorted;
}

/** JSON as Go writes it: JavaScript's line separators and, unless `html` is false, `<`, `>` and `&` as `\u` escapes. */
export function escapeJson(json: string, { html = true }: { readonly html?: boolean } = {}): string {
  return json.replace(
    html ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Orders strings by UTF-8 bytes, as Go does; `<` on UTF-16 units differs outside the basic plane. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    return xSurrogate === ySurrogate ? x - y : xSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}
