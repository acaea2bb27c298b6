/** The files that `-f` names, as resources (kapp.md §2.1, §2.2). */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { compareCodePoints, isList, isMap, parseYamlStream, type SourcedResource } from "../../resource/index.ts";
import { CommandError } from "../exit-code.ts";
import { keepHeapSmall } from "../small-heap.ts";

export interface InputFolder {
  /** What paths are relative to. */
  readonly cwd: string;
  readonly readStdin: () => Uint8Array;
}

/** The resources of all files in the order of the flags. @throws CommandError in kapp's words. */
export function readResources(paths: readonly string[], folder: InputFolder): SourcedResource[] {
  if (paths.length === 0)
    throw new CommandError("Expected at least one --file (-f) specified with a file or directory path");
  const files = paths.flatMap((path) => filesOf(path, folder));
  keepHeapSmall({ bytes: files.reduce((total, { text }) => total + text.length, 0) });
  return files.flatMap(resourcesOf);
}

interface ReadFile {
  /** `file 'app.yml'`. */
  readonly title: string;
  readonly text: string;
}

/** Files of a folder that are read; others are passed over. */
const extensions = /\.(json|ya?ml)$/;

function filesOf(path: string, { cwd, readStdin }: InputFolder): ReadFile[] {
  if (path === "-") return [{ title: "stdin", text: decode(readStdin()) }];
  if (/^(?:https?|ssh|git):\/\/|^git@/.test(path)) {
    throw new CommandError(
      `--file ${path}: addresses are not supported; download it first, or give the repository to an App (lateen deploy)`,
    );
  }
  const place = resolve(cwd, path);
  const found = describing(path, () => statSync(place), "stat");
  if (!found.isDirectory())
    return [{ title: `file '${path}'`, text: decode(describing(path, () => readFileSync(place), "open")) }];
  return describing(path, () => readdirSync(place, { recursive: true, withFileTypes: true }), "open")
    .filter((entry) => !entry.isDirectory() && extensions.test(entry.name))
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
    .sort(compareCodePoints)
    .map((name) => ({
      title: `file '${name}'`,
      text: decode(describing(join(path, name), () => readFileSync(join(place, name)), "open")),
    }));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Go's words for the commonest failures of files. */
const problems: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

function describing<Result>(path: string, read: () => Result, verb: string): Result {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new CommandError(`${verb} ${path}: ${problems[code] ?? code}`, { cause: error });
  }
}

const separator = /^---(?<rest>.*)$/gm;

function resourcesOf({ title, text }: ReadFile): SourcedResource[] {
  for (const { groups } of text.matchAll(separator)) {
    const rest = (groups?.["rest"] ?? "").trim();
    if (rest !== "" && !rest.startsWith("#")) throw new CommandError(`invalid Yaml document separator: ${rest}`);
  }
  const { documents, diagnostics } = parseYamlStream(text, { file: title });
  const [fault] = diagnostics;
  if (fault !== undefined) {
    throw new CommandError(
      `error converting YAML to JSON: yaml: line ${fault.reportedLine ?? fault.line}: ${fault.message} (hint: in ${title})`,
    );
  }
  return documents.flatMap(({ value, document }) => {
    if (value === null) return [];
    if (isMap(value)) return [{ object: value, origin: { file: title, document } }];
    throw new CommandError(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${isList(value) ? "array" : goTypeOf(value)} into Go value of type map[string]interface {} (hint: in ${title} doc ${document})`,
    );
  });
}

function goTypeOf(value: string | number | bigint | boolean): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    default:
      return "number";
  }
}
