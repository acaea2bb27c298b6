import { Budget, LimitExceeded, limitOf } from "../starlark/index.ts";
import { type Json, toJson } from "../resource/index.ts";
import { type DataValues, envelopesOf } from "./data-values/sources.ts";
import { isInputFailure, YttError } from "./error.ts";
import { type InputFile, markFiles } from "./files/index.ts";
import { LibraryExecution, type LibraryResult } from "./library/execution.ts";
import { libraryModule } from "./library/library-module.ts";
import { inFileOrder, Library } from "./library/library-tree.ts";
import { ParsedFiles } from "./library/parsed-files.ts";
import type { RenderLimits, Session, TemplateOptions } from "./session.ts";
import { Contexts } from "./template/build.ts";
import { ArrayItem, ArrayNode, DocumentNode, isEmptyValue } from "./tree/node.ts";
import { Position } from "./tree/position.ts";
import { printValue, yamlTreeOf } from "./tree/print.ts";

export interface RenderOptions extends Partial<TemplateOptions> {
  /** `--file-mark` arguments: `PATH:KEY=VALUE`. */
  readonly fileMarks?: readonly string[];
  readonly dataValues?: DataValues;
  /** Validations of the final data values are not run. Default false. */
  readonly skipValidation?: boolean;
  /** What an integer beyond 64 bits in a file becomes: a double, as in ytt (the default), or a fault, so that nothing is rounded unsaid. */
  readonly hugeIntegers?: "double" | "fault";
  /** What is wanted in the place of the rendered documents. */
  readonly inspect?: "files" | "data-values" | "data-values-schema";
  /** Bounds; each that is met fails the render and names itself. */
  readonly limits?: Partial<RenderLimits>;
  /** The version of ytt that `@ytt:version` compares with. Default: the one that this engine follows. */
  readonly yttVersion?: string;
  /** Receives each line of `print` and each warning. */
  readonly print?: (line: string) => void;
  /** Called now and then while programs run; what it throws ends the render. */
  readonly checkTime?: () => void;
  /** Receives what `--debug` shows. */
  readonly debug?: (text: string) => void;
}

/** One document of the output. */
export interface RenderedDocument {
  /** The file that it was rendered from, as it was given. */
  readonly input: InputFile;
  /** Path of its file in the output. */
  readonly path: string;
  /** 1-based line of the document in its file; `undefined` for one that a program made. */
  readonly line: number | undefined;
  /** YAML text, without a document marker. */
  readonly yaml: string;
  /**
   * The value as JSON.
   * @throws YttError for what JSON cannot hold, such as `.inf`.
   */
  toJson(): Json;
  /** The node itself, for printers. */
  readonly node: DocumentNode;
}

export interface RenderedText {
  readonly path: string;
  readonly text: string;
}

export type RenderResult =
  | {
      readonly ok: true;
      readonly documents: readonly RenderedDocument[];
      /** Results of text templates, which are not among the documents. */
      readonly texts: readonly RenderedText[];
      /** The documents as one YAML stream. */
      readonly yaml: string;
    }
  | { readonly ok: false; readonly error: RenderError };

export interface RenderError {
  /** ytt's message, of one or more lines. */
  readonly message: string;
  /** The bound that was met, if it is that. */
  readonly limit?: string;
  /** First place that the message names. */
  readonly file?: string;
  readonly line?: number;
}

/** The release whose behaviour this engine follows. */
export const followedYttVersion = "0.50.0";

const defaultLimits: RenderLimits = {
  maxDocuments: 5000,
  maxOutput: 32 * 1024 * 1024,
  maxLibraryDepth: 50,
  yaml: {},
  starlark: {},
};

/** Renders files with ytt (ytt.md §1.5). Bad input never throws: it is the result's `error`. */
export function render(inputs: readonly InputFile[], options: RenderOptions = {}): RenderResult {
  const limits = { ...defaultLimits, ...options.limits };
  try {
    return rendered(inputs, options, limits);
  } catch (error) {
    const limit = limitOf(error);
    if (limit !== undefined && error instanceof Error)
      return { ok: false, error: { ...errorOf(error.message), limit: limit.limit } };
    if (isInputFailure(error)) return { ok: false, error: errorOf(error.message) };
    throw error;
  }
}

function rendered(inputs: readonly InputFile[], options: RenderOptions, limits: RenderLimits): RenderResult {
  const template: TemplateOptions = {
    ignoreUnknownComments: options.ignoreUnknownComments ?? false,
    implicitMapKeyOverrides: options.implicitMapKeyOverrides ?? false,
    strict: options.strict ?? false,
  };
  const session: Session = {
    budget: new Budget(limits.starlark),
    limits,
    yttVersion: options.yttVersion ?? followedYttVersion,
    print: options.print ?? (() => undefined),
    checkTime: options.checkTime,
    debug: options.debug,
    libraryDepth: 0,
    contexts: new Contexts(),
    parsed: new ParsedFiles({ limits: limits.yaml, hugeIntegers: options.hugeIntegers ?? "double" }),
  };
  const root = Library.fromFiles(markFiles(inputs, options.fileMarks ?? []));
  if (options.inspect === "files") return inspected(pathsOf(root));
  const given = envelopesOf(options.dataValues ?? {}, template);
  const { skipValidation = false } = options;
  const execution = new LibraryExecution({ current: root, root }, { session, template, skipValidation, libraryModule });
  const { schema, below: schemasBelow } = execution.schema([]);
  if (options.inspect === "data-values-schema") return inspected(schema.openApi());
  const { values, below } = execution.values(
    given.filter((envelope) => !envelope.isForAnotherLibrary),
    schema,
  );
  if (options.inspect === "data-values") return inspected(values);
  const valuesBelow = [...below, ...given.filter((envelope) => envelope.isForAnotherLibrary)];
  return collected(execution.evaluate(values, valuesBelow, schemasBelow), limits);
}

function collected(result: LibraryResult, limits: RenderLimits): RenderResult {
  const documents: RenderedDocument[] = [];
  let size = 0;
  for (const { file, documents: set } of result.files) {
    for (const node of set.items) {
      // An overlay may have emptied it.
      if (isEmptyValue(node.value)) continue;
      const document = renderedDocument(node, file.file.input, file.relativePath);
      size += document.yaml.length;
      if (documents.length >= limits.maxDocuments)
        throw tooMuch("maxDocuments", `${limits.maxDocuments} documents`, node);
      if (size > limits.maxOutput) throw tooMuch("maxOutput", `${limits.maxOutput} characters of output`, node);
      documents.push(document);
    }
  }
  const texts = result.texts.map(({ file, text }) => ({ path: file.relativePath, text }));
  const textSize = texts.reduce((sum, { text }) => sum + text.length, size);
  if (textSize > limits.maxOutput)
    throw new LimitExceeded("maxOutput", `Expected at most ${limits.maxOutput} characters of output, but found more`);
  return { ok: true, documents, texts, yaml: documents.map(({ yaml }) => yaml).join("---\n") };
}

function tooMuch(limit: string, allowed: string, { position }: DocumentNode): LimitExceeded {
  return new LimitExceeded(limit, `Expected at most ${allowed}, but found more (at ${position.compact()})`);
}

function renderedDocument(node: DocumentNode, input: InputFile, path: string): RenderedDocument {
  return {
    input,
    path,
    line: node.position.line,
    yaml: printValue(node.value),
    node,
    toJson() {
      const converted = toJson(yamlTreeOf(node.value));
      if ("problem" in converted) throw new YttError(`Document on ${node.position.describe()}: ${converted.problem}`);
      return converted.json;
    },
  };
}

const nowhere: InputFile = { path: "", bytes: new Uint8Array() };

function inspected(node: DocumentNode): RenderResult {
  const documents = isEmptyValue(node.value) ? [] : [renderedDocument(node, nowhere, "")];
  return { ok: true, documents, texts: [], yaml: documents.map(({ yaml }) => yaml).join("") };
}

function pathsOf(root: Library): DocumentNode {
  const items = inFileOrder(root.accessibleFiles()).map(({ file }) => new ArrayItem(file.path, Position.none));
  return new DocumentNode(new ArrayNode(items, Position.none), Position.none);
}

function errorOf(message: string): RenderError {
  const place = /(?:^|[\s('])([^\s:('|]+\.[^\s:('|]+):(\d+)/.exec(message);
  return place === null ? { message } : { message, file: place[1] ?? "", line: Number(place[2]) };
}
