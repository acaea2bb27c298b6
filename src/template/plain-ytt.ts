/**
 * What ytt does with files that hold no template code: their documents in file order, empty ones left out, nothing evaluated. A file
 * that needs the template engine is refused by name and line, never taken as if it were plain.
 */
import {
  isMap,
  type KubeObject,
  parseYamlTrees,
  stringifyYaml,
  toJson,
  type YamlDiagnostic,
  type YamlTree,
} from "../resource/index.ts";
import { isPrivate, type MarkedInput } from "./file-kind.ts";

export interface PlainDocument {
  readonly object: KubeObject;
  readonly file: string;
  readonly line: number;
}

export type PlainResult =
  | { readonly documents: readonly PlainDocument[]; readonly yaml: string; readonly stderr: string }
  /** ytt's message, unshaped. */
  | { readonly yttError: string };

/** Bounds of one render (reliability.md L15). */
export interface RenderLimits {
  /** Default 5,000. */
  readonly maxDocuments: number;
  /** Characters of output. Default 32 Mi. */
  readonly maxOutput: number;
}

const nonYamlWarning =
  "\nWarning: Found Non-YAML templates in input. Non-YAML templates are not rendered to standard output.\n" +
  "If you want to include those results, use the --output-files or --dangerous-emptied-output-directory flag.\n";

export function renderPlain(files: readonly MarkedInput[], limits: RenderLimits): PlainResult {
  const documents: PlainDocument[] = [];
  const printed: string[] = [];
  let size = 0;
  let hasText = false;
  for (const file of files) {
    if (isPrivate(file.path)) continue;
    if (file.isForOutput && (file.type === "data" || file.type === "starlark"))
      return { yttError: "Unknown file type" };
    if (file.type === "data") continue;
    const text = decode(file.bytes);
    if (text === undefined)
      return { yttError: `Unmarshaling YAML template '${file.path}': yaml: invalid leading UTF-8 octet` };
    if (file.type !== "yaml") {
      const code = file.isTemplate ? codeOutsideYaml(file, text) : undefined;
      if (code !== undefined) return { yttError: code };
      hasText = hasText || file.isForOutput;
      continue;
    }
    const parsed = parseYamlTrees(text, { file: file.path, dialect: "ytt" });
    const [fault] = parsed.diagnostics;
    if (fault !== undefined) return { yttError: syntaxError(file.path, fault) };
    const code = file.isTemplate ? parsed.comments.find(({ text: comment }) => comment.startsWith("#@")) : undefined;
    if (code !== undefined) return { yttError: needsEngine(file.path, code.line, code.text) };
    if (!file.isForOutput) continue;
    for (const { value, line } of parsed.documents) {
      if (isEmpty(value)) continue;
      const object = toJson(value);
      if ("problem" in object)
        return { yttError: `Unmarshaling YAML template '${file.path}': yaml: line ${line}: ${object.problem}` };
      if (!isMap(object.json))
        return { yttError: `Expected the document at ${file.path}:${line} to be a map, as a Kubernetes resource is` };
      const yaml = stringifyYaml(value, { keyOrder: "given", width: "unlimited" });
      size += yaml.length;
      if (documents.length >= limits.maxDocuments)
        return { yttError: tooMuch(`${limits.maxDocuments} documents`, file.path, line) };
      if (size > limits.maxOutput)
        return { yttError: tooMuch(`${limits.maxOutput} characters of output`, file.path, line) };
      documents.push({ object: object.json, file: file.source, line });
      printed.push(yaml);
    }
  }
  return { documents, yaml: printed.join("---\n"), stderr: hasText ? nonYamlWarning : "" };
}

function isEmpty(value: YamlTree): boolean {
  if (value === null) return true;
  return Array.isArray(value) ? value.length === 0 : value instanceof Map && value.size === 0;
}

function tooMuch(limit: string, path: string, line: number): string {
  return `Expected at most ${limit}, but found more (at ${path}:${line})`;
}

function syntaxError(path: string, { message, reportedLine }: YamlDiagnostic): string {
  return `Unmarshaling YAML template '${path}': yaml: ${reportedLine === 0 ? "" : `line ${reportedLine}: `}${message}`;
}

function codeOutsideYaml(file: MarkedInput, text: string): string | undefined {
  if (file.type === "starlark") return /\S/.test(text) ? needsEngine(file.path, 1, "Starlark code") : undefined;
  const opening = text.indexOf("(@");
  return opening === -1 ? undefined : needsEngine(file.path, text.slice(0, opening).split("\n").length, "(@ … @)");
}

function needsEngine(path: string, line: number, code: string): string {
  const shown = code.length > 60 ? `${code.slice(0, 60)}…` : code;
  return `ytt templating is not supported by lateen yet, but '${path}' holds template code (${path}:${line} | ${shown})`;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
