import { type Place, refusedValue, valueFault } from "./fault.ts";
import { resolvePlain } from "./plain-scalar.ts";
import { checkUnambiguous } from "./strict.ts";
import { YamlDouble } from "./tree.ts";
import type { YamlDialect } from "./types.ts";

/** A scalar's value; a double stays apart from an integer. */
export type ScalarValue = null | boolean | number | bigint | string | YamlDouble;

export interface ScalarRules {
  readonly dialect: YamlDialect;
  readonly hugeIntegers: "fault" | "double";
}

const prefix = "tag:yaml.org,2002:";
const collectionTags: ReadonlyMap<string, "map" | "seq"> = new Map([
  [`${prefix}map`, "map"],
  [`${prefix}seq`, "seq"],
]);

/** Value of an untagged scalar. */
export function untaggedValue(text: string, plain: boolean, place: Place, rules: ScalarRules): ScalarValue {
  if (!plain) return text;
  if (rules.dialect === "ytt-strict") checkUnambiguous(text, place);
  const resolved = resolvePlain(text);
  switch (resolved.type) {
    case "string":
      return text;
    case "null":
      return null;
    case "bool":
    case "int":
      return resolved.value;
    case "float":
      return new YamlDouble(resolved.value);
    case "huge-int":
      if (rules.hugeIntegers === "double") return new YamlDouble(resolved.value);
      throw refusedValue(place, `integer ${shorten(text)} does not fit 64 bits; quote it if it is a text`);
  }
}

/** Value of a scalar with an explicit tag, as go-yaml converts it. */
export function taggedValue(tag: string, text: string, plain: boolean, place: Place, rules: ScalarRules): ScalarValue {
  switch (tag) {
    case "!":
    case `${prefix}str`:
    case `${prefix}timestamp`:
      return text;
    case `${prefix}binary`:
      return decodeBinary(text, place);
    case `${prefix}null`:
    case `${prefix}bool`:
    case `${prefix}int`:
    case `${prefix}float`:
      return convert(tag.slice(prefix.length), text, place, rules);
    default:
      if (rules.dialect === "kapp") throw unknownTag(tag, place);
      return untaggedValue(text, plain, place, rules);
  }
}

/** Whether a tag may stand on a collection of this kind. */
export function checkCollectionTag(tag: string, kind: "map" | "seq", place: Place, dialect: YamlDialect): void {
  if (dialect !== "kapp" || tag === "!" || collectionTags.get(tag) === kind) return;
  throw unknownTag(tag, place);
}

function convert(wanted: string, text: string, place: Place, rules: ScalarRules): ScalarValue {
  const value = untaggedValue(text, true, place, rules.dialect === "ytt-strict" ? { ...rules, dialect: "ytt" } : rules);
  const found = typeName(value);
  if (found === wanted) return value;
  if (wanted === "float" && (typeof value === "number" || typeof value === "bigint"))
    return new YamlDouble(Number(value));
  throw valueFault(place, `cannot decode !!${found} \`${shorten(text)}\` as a !!${wanted}`);
}

function typeName(value: ScalarValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  return value instanceof YamlDouble ? "float" : "int";
}

function decodeBinary(text: string, place: Place): string {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits))
    throw valueFault(place, "!!binary value contains invalid base64 data");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(atob(digits), (char) => char.charCodeAt(0)),
    );
  } catch {
    // The bytes are no text, and a string is all that JSON could hold.
    throw refusedValue(place, "!!binary value is no UTF-8 text");
  }
}

function unknownTag(tag: string, place: Place): Error {
  const shown = tag.startsWith(prefix) ? `!!${tag.slice(prefix.length)}` : tag;
  return refusedValue(place, `tag '${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}' is not supported here`);
}

/** As go-yaml quotes values elsewhere: what stands there may be a secret. */
function shorten(text: string): string {
  return text.length > 10 ? `${text.slice(0, 7)}...` : text;
}
