import { type Place, valueFault } from "./fault.ts";
import { resolvePlain } from "./plain-scalar.ts";

const int = /^-?(?:0|[1-9]\d*)$/;
const float = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** Refuses an unquoted scalar that readers of other YAML versions would take for something else (`ytt --strict`, ytt.md §2.1). */
export function checkUnambiguous(text: string, place: Place): void {
  const plain = conservativeTag(text, place);
  const native = nativeTag(text);
  if (plain === native) return;
  throw valueFault(place, `Strict parsing: Found '${text}' ambigious (could be !!${plain} or !!${native})`);
}

function conservativeTag(text: string, place: Place): string {
  if (text === "") return "null";
  if (text === "true" || text === "false") return "bool";
  if (int.test(text)) return "int";
  if (float.test(text)) return "float";
  if (/\s/u.test(text)) throw quoted(place, "whitespace", text);
  if (text.includes(":")) throw quoted(place, "colon", text);
  if (text.includes("---")) throw quoted(place, "triple-dash", text);
  return "str";
}

function nativeTag(text: string): string {
  const resolved = resolvePlain(text);
  switch (resolved.type) {
    case "string":
      return resolved.looksTyped ? "timestamp" : text === "<<" ? "merge" : "str";
    case "huge-int":
      return "float";
    default:
      return resolved.type;
  }
}

function quoted(place: Place, what: string, text: string): Error {
  return valueFault(place, `Strict parsing: Strings with ${what} must be explicitly quoted: '${text}'`);
}
