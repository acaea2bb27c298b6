import { classify, type MarkedInput } from "./file-kind.ts";
import type { YttInput } from "./ytt-input.ts";

interface FileMark {
  readonly text: string;
  readonly matches: (path: string) => boolean;
  readonly key: string;
  readonly value: string;
}

/**
 * Applies `--file-mark` arguments in their order (ytt.md §1.3). Patterns match the original path, also after a rename.
 * The error is ytt's message.
 */
export function markFiles(
  inputs: readonly YttInput[],
  marks: readonly string[],
): { readonly files: readonly MarkedInput[] } | { readonly yttError: string } {
  const parsed: FileMark[] = [];
  for (const text of marks) {
    const mark = parseMark(text);
    if (typeof mark === "string") return { yttError: mark };
    parsed.push(mark);
  }
  for (const mark of parsed) {
    if (inputs.some(({ path }) => mark.matches(path))) continue;
    return { yttError: `Expected file mark '${mark.text}' to match at least one file by path, but did not` };
  }
  const exclusive = new Set<MarkedInput>();
  const files: MarkedInput[] = [];
  for (const input of inputs) {
    let file: MarkedInput | undefined = classify(input);
    let isExclusive = false;
    for (const mark of parsed) {
      if (file === undefined || !mark.matches(input.path)) continue;
      if (mark.key === "exclusive-for-output") isExclusive = true;
      const next: MarkedInput | "excluded" | undefined = applyMark(file, mark);
      if (next === undefined) return { yttError: `Unknown value in file mark '${mark.text}'` };
      file = next === "excluded" ? undefined : next;
    }
    if (file === undefined) continue;
    files.push(file);
    if (isExclusive) exclusive.add(file);
  }
  return { files: exclusive.size === 0 ? files : files.map((file) => ({ ...file, isForOutput: exclusive.has(file) })) };
}

const keys = ["path", "exclude", "type", "for-output", "exclusive-for-output"];

function parseMark(text: string): FileMark | string {
  const pieces = text.split(":");
  const [pattern, setting] = pieces;
  if (pattern === undefined || setting === undefined || pieces.length !== 2) {
    return `Expected file mark '${text}' to be in format path:key=value`;
  }
  const [key, value, ...more] = setting.split("=");
  if (key === undefined || value === undefined || more.length > 0) {
    return `Expected file mark '${text}' key-value portion to be in format key=value`;
  }
  if (!keys.includes(key)) return `Unknown key in file mark '${text}'`;
  return { text, matches: patternMatcher(pattern), key, value };
}

/** The first `**\/*` stands for one or more characters, the first `*` for one or more without a slash; the rest is literal. */
function patternMatcher(pattern: string): (path: string) => boolean {
  const deep = pattern.indexOf("**/*");
  const withDeep =
    deep === -1
      ? escapeRegExp(pattern)
      : `${escapeRegExp(pattern.slice(0, deep))}.+${escapeRegExp(pattern.slice(deep + 4))}`;
  const expression = new RegExp(`^${withDeep.replace("\\*", "[^/]+")}$`, "s");
  return (path) => expression.test(path);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** `undefined`: the value is unknown. */
function applyMark(file: MarkedInput, mark: FileMark): MarkedInput | "excluded" | undefined {
  switch (mark.key) {
    case "path":
      return classify({ path: mark.value, source: file.source, bytes: file.bytes });
    case "exclude":
      return mark.value === "true" ? "excluded" : undefined;
    case "for-output":
    case "exclusive-for-output":
      return mark.value === "true" ? { ...file, isForOutput: true } : undefined;
    default:
      return withType(file, mark.value);
  }
}

function withType(file: MarkedInput, value: string): MarkedInput | undefined {
  switch (value) {
    case "yaml-template":
      return { ...file, type: "yaml", isTemplate: true, isForOutput: true };
    case "yaml-plain":
      return { ...file, type: "yaml", isTemplate: false, isForOutput: true };
    case "text-template":
      return { ...file, type: "text", isTemplate: true, isForOutput: true };
    case "text-plain":
      return { ...file, type: "text", isTemplate: false, isForOutput: true };
    case "starlark":
      return { ...file, type: "starlark", isTemplate: true, isForOutput: false };
    case "data":
      return { ...file, type: "data", isTemplate: false, isForOutput: false };
    default:
      return undefined;
  }
}
