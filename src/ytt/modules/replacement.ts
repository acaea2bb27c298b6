import type { Matcher } from "re2js";

/** Text, or the number of a group; a name or number that no group has stands for nothing. */
export type ReplacementPart = string | number;

const reference = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

/** Reads Go's templates of replacements: `$1`, `$name`, `${name}`, and `$$` for a dollar; any other dollar stands for itself. */
export function parseReplacement(
  template: string,
  groups: Readonly<Record<string, number>>,
): readonly ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  let end = 0;
  for (const match of template.matchAll(reference)) {
    parts.push(template.slice(end, match.index));
    end = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push("$");
    else if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) parts.push(Number(name));
    else if (Object.hasOwn(groups, name)) parts.push(groups[name] ?? 0);
  }
  parts.push(template.slice(end));
  return parts;
}

export function expandReplacement(
  parts: readonly ReplacementPart[],
  groupCount: number,
  matcher: Matcher,
  text: string,
): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      if (part > groupCount) return "";
      const start = matcher.start(part);
      return start < 0 ? "" : text.slice(start, matcher.end(part));
    })
    .join("");
}
