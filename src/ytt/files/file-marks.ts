import { YttError } from "../error.ts";
import { classify, type FileMarks, type FileType, type InputFile, type MarkedFile } from "./file-kind.ts";

/**
 * Gives files their roles by their paths and `--file-mark` arguments, applied in their order (ytt.md §1.3). Patterns match the original
 * path, also after a rename.
 * @throws YttError on a malformed mark, or one that matches nothing.
 */
export function markFiles(inputs: readonly InputFile[], marks: readonly string[]): readonly MarkedFile[] {
  const files: Marked[] = inputs.map((input) => ({ input, marks: {}, isExcluded: false, isExclusive: false }));
  for (const text of marks) applyMark(files, text);
  const kept = files.filter(({ isExcluded }) => !isExcluded);
  const hasExclusive = kept.some(({ isExclusive }) => isExclusive);
  return files.flatMap(({ input, marks: given, isExcluded, isExclusive }, index) =>
    isExcluded ? [] : [classify(input, index, hasExclusive ? { ...given, isForOutput: isExclusive } : given)],
  );
}

interface Marked {
  readonly input: InputFile;
  marks: FileMarks;
  isExcluded: boolean;
  isExclusive: boolean;
}

function applyMark(files: readonly Marked[], text: string): void {
  const [pattern, setting] = splitOnce(text, ":");
  if (setting === undefined) throw new YttError(`Expected file mark '${text}' to be in format path:key=value`);
  const [key, value] = splitOnce(setting, "=");
  if (value === undefined)
    throw new YttError(`Expected file mark '${text}' key-value portion to be in format key=value`);
  const matches = patternMatcher(pattern);
  const matching = files.filter(({ input, isExcluded }) => !isExcluded && matches(input.originalPath ?? input.path));
  if (matching.length === 0)
    throw new YttError(`Expected file mark '${text}' to match at least one file by path, but did not`);
  for (const file of matching) setMark(file, key, value, text);
}

function setMark(file: Marked, key: string, value: string, text: string): void {
  switch (key) {
    case "path":
      file.marks = { ...file.marks, path: value };
      return;
    case "type": {
      const type = types.get(value);
      if (type === undefined) throw unknownValue(text);
      file.marks = { ...file.marks, ...type };
      return;
    }
    case "exclude":
    case "for-output":
    case "exclusive-for-output":
      if (value !== "true") throw unknownValue(text);
      if (key === "exclude") file.isExcluded = true;
      else if (key === "for-output") file.marks = { ...file.marks, isForOutput: true };
      else file.isExclusive = true;
      return;
    default:
      throw new YttError(`Unknown key in file mark '${text}'`);
  }
}

const types: ReadonlyMap<string, { readonly type: FileType; readonly isTemplate: boolean }> = new Map([
  ["yaml-template", { type: "yaml", isTemplate: true }],
  ["yaml-plain", { type: "yaml", isTemplate: false }],
  ["text-template", { type: "text", isTemplate: true }],
  ["text-plain", { type: "text", isTemplate: false }],
  ["starlark", { type: "starlark", isTemplate: false }],
  ["data", { type: "data", isTemplate: false }],
]);

function unknownValue(text: string): YttError {
  return new YttError(`Unknown value in file mark '${text}'`);
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** The first `**\/*` stands for one or more characters, the first `*` for one or more without a slash; the rest is literal. */
function patternMatcher(pattern: string): (path: string) => boolean {
  const deep = pattern.indexOf("**/*");
  const withDeep =
    deep === -1
      ? escapeRegExp(pattern)
      : `${escapeRegExp(pattern.slice(0, deep))}.+${escapeRegExp(pattern.slice(deep + 4))}`;
  const expression = new RegExp(`^${withDeep.replace("\\*", "[^/]+")}$`);
  return (path) => expression.test(path);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
