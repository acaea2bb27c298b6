/**
 * JSON from outside, checked before it is parsed: nesting, number of keys, keys that stand twice, `__proto__`.
 * JSON.parse itself accepts 100,000 levels and keeps the last of two equal keys in silence (reliability.md B4, B5).
 */
export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
}

export type CheckedJson = { readonly value: unknown } | { readonly fault: string };

/** Parses JSON within limits; a fault names the offset (in UTF-16 units) or the key. Never throws, never recurses. */
export function parseCheckedJson(text: string, limits: JsonLimits): CheckedJson {
  const fault = findFault(text, limits);
  // After the scan JSON.parse cannot fail: the scan accepts JSON's grammar and nothing else.
  return fault === undefined ? { value: JSON.parse(text) } : { fault };
}

/** One open object or array. */
interface Level {
  readonly keys: Set<string> | undefined;
}

const space = /[ \t\n\r]*/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
/** No character below U+0020, and only the escapes of JSON; long plain parts are taken in one step so that nothing piles up on the stack. */
// oxlint-disable-next-line no-control-regex -- control characters are what JSON forbids
const plainPart = /[^"\\\u0000-\u001f]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function findFault(text: string, limits: JsonLimits): string | undefined {
  const levels: Level[] = [];
  let keys = 0;
  let at = match(space, text, 0);
  /** `value`: one must come; `first`: a member or the end of what was just opened; `after`: a comma or an end. */
  let expect: "value" | "first" | "after" = "value";
  for (;;) {
    const level = levels.at(-1);
    if (level === undefined && expect === "after")
      return at === text.length ? undefined : `bytes follow the end of the JSON value at offset ${at}`;
    if (at >= text.length) return `the JSON ends early at offset ${at}`;
    const next = text[at];
    if (level !== undefined && expect !== "value" && next === (level.keys === undefined ? "]" : "}")) {
      levels.pop();
      at = match(space, text, at + 1);
      expect = "after";
      continue;
    }
    if (expect === "after") {
      if (next !== ",") return unexpected(text, at);
      at = match(space, text, at + 1);
    }
    if (level?.keys !== undefined) {
      const end = endOfString(text, at);
      if (end === undefined) return unexpected(text, at);
      const key = String(JSON.parse(text.slice(at, end)));
      keys += 1;
      if (keys > limits.maxKeys) return `the JSON has more than ${limits.maxKeys} keys at offset ${at}`;
      if (key === "__proto__") return `the key "__proto__" at offset ${at} is not accepted`;
      if (level.keys.has(key))
        return `the key ${JSON.stringify(key.slice(0, 100))} stands twice, again at offset ${at}`;
      level.keys.add(key);
      at = match(space, text, end);
      if (text[at] !== ":") return unexpected(text, at);
      at = match(space, text, at + 1);
    }
    const opener = text[at];
    if (opener === "{" || opener === "[") {
      if (levels.length >= limits.maxDepth)
        return `the JSON is nested deeper than ${limits.maxDepth} levels at offset ${at}`;
      levels.push({ keys: opener === "{" ? new Set() : undefined });
      at = match(space, text, at + 1);
      expect = "first";
      continue;
    }
    const end = opener === '"' ? endOfString(text, at) : endOfScalar(text, at);
    if (end === undefined) return unexpected(text, at);
    at = match(space, text, end);
    expect = "after";
  }
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function endOfScalar(text: string, at: number): number | undefined {
  const end = match(scalar, text, at);
  return end === at ? undefined : end;
}

/** Offset behind the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number | undefined {
  if (text[at] !== '"') return undefined;
  let end = at + 1;
  for (;;) {
    end = match(plainPart, text, end);
    if (text[end] === '"') return end + 1;
    const escaped = match(escape, text, end);
    if (escaped === end) return undefined;
    end = escaped;
  }
}

function unexpected(text: string, at: number): string {
  return at >= text.length ? `the JSON ends early at offset ${at}` : `the text is no JSON at offset ${at}`;
}
