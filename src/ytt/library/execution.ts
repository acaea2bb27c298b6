/** Evaluates a library: schema, data values, templates, overlays (ytt.md §1.5). */
import { inStep, isInputFailure, YttError } from "../error.ts";
import { overlayDocuments } from "../overlay/index.ts";
import { Schema } from "../schema/index.ts";
import type { Globals, Session, TemplateOptions } from "../session.ts";
import { annotationNames } from "../template/annotation.ts";
import { nodesOf } from "../tree/convert.ts";
import { childNodes, DocumentNode, DocumentSet, isEmptyValue, MapNode, type Node } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { validate } from "../validation/index.ts";
import { SchemaEnvelope, ValuesEnvelope } from "./envelope.ts";
import { type FileInLibrary, inFileOrder } from "./library-tree.ts";
import { type Place, TemplateLoader } from "./loader.ts";

export interface LibrarySettings {
  readonly session: Session;
  readonly template: TemplateOptions;
  /** Validations of the final data values are not run. */
  readonly skipValidation: boolean;
  /** `@ytt:library` for files at a place, with what was given for libraries below. */
  readonly libraryModule: (place: Place, settings: LibrarySettings, given: Given) => Globals;
}

/** Documents on their way to libraries. */
export interface Given {
  readonly values: readonly ValuesEnvelope[];
  readonly schemas: readonly SchemaEnvelope[];
}

export interface FileResult {
  readonly file: FileInLibrary;
  readonly documents: DocumentSet;
}

export interface LibraryResult {
  /** Text files, in the order in which they were evaluated. */
  readonly texts: readonly { readonly file: FileInLibrary; readonly text: string }[];
  /** YAML files, in file order; files that gave no document are left out. */
  readonly files: readonly FileResult[];
  /** What library files define. */
  readonly exports: readonly { readonly path: string; readonly globals: Globals }[];
}

const valuesAnnotation = "data/values";
const schemaAnnotation = "data/values-schema";

export class LibraryExecution {
  readonly #place: Place;
  readonly #settings: LibrarySettings;
  readonly #files: readonly FileInLibrary[];
  /** Files of data values and schemas are no templates that are printed. */
  readonly #notForOutput = new Set<FileInLibrary>();

  constructor(place: Place, settings: LibrarySettings) {
    this.#place = place;
    this.#settings = settings;
    this.#files = place.current.accessibleFiles();
  }

  /** The schema of this library's data values, and schemas for libraries below. */
  schema(given: readonly SchemaEnvelope[]): { readonly schema: Schema; readonly below: readonly SchemaEnvelope[] } {
    const loader = this.#loader(undefined, [], []);
    const files = inFileOrder(this.#annotatedFiles(schemaAnnotation));
    const names = [
      ...files.map(({ file }) => file.path),
      ...(given.length > 0 ? ["additional data value schema"] : []),
    ];
    try {
      const own = files.flatMap((file) =>
        this.#annotatedDocuments(loader, file, schemaAnnotation).map((document) => SchemaEnvelope.of(document)),
      );
      const below: SchemaEnvelope[] = [];
      let source: DocumentNode | undefined;
      for (const envelope of [...own, ...given]) {
        if (envelope.isForAnotherLibrary) below.push(envelope);
        else if (source === undefined) ({ source } = envelope);
        else source = overlaid(source, envelope.source, loader);
      }
      return { schema: source === undefined ? Schema.none : Schema.from(source), below };
    } catch (error) {
      throw inStep(`Overlaying data values schema (in following order: ${names.join(", ")})`, error);
    }
  }

  /** The final data values of this library, and values for libraries below. */
  values(
    given: readonly ValuesEnvelope[],
    schema: Schema,
  ): { readonly values: DocumentNode; readonly below: readonly ValuesEnvelope[] } {
    const loader = this.#loader(undefined, [], []);
    const files = inFileOrder(this.#annotatedFiles(valuesAnnotation));
    const names = [...files.map(({ file }) => file.path), ...(given.length > 0 ? ["additional data values"] : [])];
    let result: ReturnType<typeof this.values>;
    try {
      result = this.#overlayValues(loader, files, given, schema);
    } catch (error) {
      throw inStep(`Overlaying data values (in following order: ${names.join(", ")})`, error);
    }
    if (!this.#settings.skipValidation) this.#validate(result.values, loader);
    return result;
  }

  #validate(values: DocumentNode, loader: TemplateLoader): void {
    const step = "Validating final data values:\n";
    let report: string | undefined;
    try {
      report = validate(values, loader.thread());
    } catch (error) {
      throw isInputFailure(error) ? new YttError(step + error.message) : error;
    }
    if (report !== undefined) throw new YttError(step + report);
  }

  #overlayValues(
    loader: TemplateLoader,
    files: readonly FileInLibrary[],
    given: readonly ValuesEnvelope[],
    schema: Schema,
  ): { readonly values: DocumentNode; readonly below: readonly ValuesEnvelope[] } {
    const defaults = schema.defaults();
    const own = files.flatMap((file) => this.#annotatedDocuments(loader, file, valuesAnnotation));
    const all = [
      ...(defaults === undefined ? [] : [defaults]).map((document) => ValuesEnvelope.of(document)),
      ...own.map((document) => ValuesEnvelope.of(document)),
      ...given,
    ];
    const below: ValuesEnvelope[] = [];
    let values: DocumentNode | undefined;
    for (const envelope of all) {
      if (envelope.isForAnotherLibrary) {
        below.push(envelope);
        continue;
      }
      values = values === undefined ? envelope.document : overlaid(values, envelope.document, loader);
      values.value = nodesOf(values.value, Position.none);
      const report = schema.typeAndCheck(values);
      if (report !== undefined) throw new YttError(report);
    }
    return { values: values ?? new DocumentNode(new MapNode([], Position.none), Position.none), below };
  }

  /** Runs all templates and applies the overlays among their documents. */
  evaluate(
    values: DocumentNode,
    valuesBelow: readonly ValuesEnvelope[],
    schemasBelow: readonly SchemaEnvelope[],
  ): LibraryResult {
    const loader = this.#loader(values, valuesBelow, schemasBelow);
    const documents: FileResult[] = [];
    const texts: { file: FileInLibrary; text: string }[] = [];
    const exports: { path: string; globals: Globals }[] = [];
    for (const found of this.#files) {
      const { file, library, relativePath } = found;
      const place = { current: library, root: this.#place.root };
      if (file.isForOutput && !this.#notForOutput.has(found)) {
        if (file.type === "yaml")
          documents.push({ file: found, documents: loader.evaluateYaml(place, file).documents });
        else if (file.type === "text") texts.push({ file: found, text: loader.evaluateText(place, file).text });
        else throw new YttError("Unknown file type");
      } else if (file.isLibrary && file.type !== "data") {
        exports.push({ path: relativePath, globals: evaluateLibraryFile(loader, place, found) });
      }
    }
    checkAllUsed(valuesBelow, schemasBelow);
    return { texts, files: applyOverlays(documents, loader), exports };
  }

  #loader(
    values: DocumentNode | undefined,
    valuesBelow: readonly ValuesEnvelope[],
    schemasBelow: readonly SchemaEnvelope[],
  ): TemplateLoader {
    const settings = this.#settings;
    return new TemplateLoader({
      session: settings.session,
      template: settings.template,
      values: values?.value,
      libraryModule: (place) => settings.libraryModule(place, settings, { values: valuesBelow, schemas: schemasBelow }),
    });
  }

  #annotatedFiles(annotation: string): readonly FileInLibrary[] {
    return this.#files.filter((found) => {
      const { file } = found;
      if (file.type !== "yaml" || !file.isTemplate) return false;
      const { session, template } = this.#settings;
      const { set, hasTemplating } = session.parsed.read(file, template.strict);
      const isAnnotated = hasTemplating && splitDocuments(set, annotation).annotated.length > 0;
      if (isAnnotated) this.#notForOutput.add(found);
      return isAnnotated;
    });
  }

  #annotatedDocuments(
    loader: TemplateLoader,
    { file, library }: FileInLibrary,
    annotation: string,
  ): readonly DocumentNode[] {
    const kind = annotation === valuesAnnotation ? "data values" : "schema";
    try {
      const { documents } = loader.evaluateYaml({ current: library, root: this.#place.root }, file);
      const { annotated, others } = splitDocuments(documents, annotation);
      if (others.some(({ value }) => !isEmptyValue(value)))
        throw new YttError(`Expected ${kind} file '${file.path}' to only have ${kind} documents`);
      return annotated;
    } catch (error) {
      throw inStep(`Templating file '${file.path}'`, error);
    }
  }
}

function evaluateLibraryFile(loader: TemplateLoader, place: Place, { file }: FileInLibrary): Globals {
  if (file.type === "yaml") return loader.evaluateYaml(place, file).globals;
  return file.type === "text" ? loader.evaluateText(place, file).globals : loader.evaluateStarlark(place, file);
}

/** @throws YttError when the annotation stands on something else than a document, or twice on one. */
function splitDocuments(
  set: DocumentSet,
  annotation: string,
): { readonly annotated: readonly DocumentNode[]; readonly others: readonly DocumentNode[] } {
  checkOnlyOnDocuments(set, annotation);
  const annotated: DocumentNode[] = [];
  const others: DocumentNode[] = [];
  for (const document of set.items) {
    const count = annotationNames(document).filter((name) => name === annotation).length;
    if (count > 1) throw new YttError(`${annotation} annotation may only be used once per document`);
    (count === 1 ? annotated : others).push(document);
  }
  return { annotated, others };
}

function checkOnlyOnDocuments(node: Node, annotation: string): void {
  if (!(node instanceof DocumentNode) && annotationNames(node).includes(annotation))
    throw new YttError(
      `Found @${annotation} on ${node.kind} (${node.position.compact()}); only documents (---) can be annotated with @${annotation}`,
    );
  for (const child of childNodes(node)) checkOnlyOnDocuments(child, annotation);
}

/** One document changed by another, as the only ones. */
function overlaid(left: DocumentNode, right: DocumentNode, loader: TemplateLoader): DocumentNode {
  left.value = nodesOf(left.value, Position.none);
  right.value = nodesOf(right.value, Position.none);
  const set = new DocumentSet([left]);
  overlayDocuments([set], [right], { context: loader.thread(), exact: true });
  return set.items[0] ?? new DocumentNode(null, Position.none);
}

function applyOverlays(results: readonly FileResult[], loader: TemplateLoader): readonly FileResult[] {
  const inOrder = results.toSorted((a, b) => a.file.file.order - b.file.file.order);
  const overlays: { readonly path: string; readonly document: DocumentNode }[] = [];
  const kept: FileResult[] = [];
  for (const result of inOrder) {
    const rest: DocumentNode[] = [];
    for (const document of result.documents.items) {
      if (document.has("overlay/match")) overlays.push({ path: result.file.file.path, document });
      else if (!document.injected && !isEmptyValue(document.value)) rest.push(document);
    }
    result.documents.items = rest;
    if (rest.length > 0) kept.push(result);
  }
  if (overlays.length === 0) return kept;
  const sets = kept.map(({ documents }) => documents);
  for (const set of sets) for (const item of set.items) item.value = nodesOf(item.value, Position.none);
  const paths = [...new Set(overlays.map(({ path }) => path))];
  try {
    for (const { document } of overlays) document.value = nodesOf(document.value, Position.none);
    overlayDocuments(
      sets,
      overlays.map(({ document }) => document),
      { context: loader.thread() },
    );
  } catch (error) {
    throw inStep(`Overlaying (in following order: ${paths.join(", ")})`, error);
  }
  return kept;
}

function checkAllUsed(values: readonly ValuesEnvelope[], schemas: readonly SchemaEnvelope[]): void {
  const unusedValues = values.filter(({ isUsed }) => !isUsed).map((envelope) => envelope.describe());
  const unusedSchemas = schemas.filter(({ isUsed }) => !isUsed).map((envelope) => envelope.describe());
  const kinds = [...(unusedValues.length > 0 ? ["data values"] : []), ...(unusedSchemas.length > 0 ? ["schema"] : [])];
  if (kinds.length === 0) return;
  throw new YttError(
    `Expected all provided library ${kinds.join(", and ")} documents to be used but found unused: ${[...unusedValues, ...unusedSchemas].join(", ")}`,
  );
}
