/** `@ytt:library`: private libraries as values that a program configures and evaluates (ytt.md §1.6, §6). */
import { StarlarkFailure, type Value } from "../../starlark/index.ts";
import { inStep } from "../error.ts";
import { annotateForPlainMerge } from "../overlay/index.ts";
import type { Globals, TemplateOptions } from "../session.ts";
import { fromStarlark, nodesOf, toStarlarkPlain } from "../tree/convert.ts";
import { DocumentNode, DocumentSet, type NodeValue } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { asBool, asString, onlyArgument, yttFunction } from "../values/builtin.ts";
import { Fragment } from "../values/fragment.ts";
import { ModuleValue } from "../values/struct.ts";
import { SchemaEnvelope, ValuesEnvelope } from "./envelope.ts";
import { type Given, LibraryExecution, type LibraryResult, type LibrarySettings } from "./execution.ts";
import { type LibraryRef, showRef } from "./library-ref.ts";
import type { Place } from "./loader.ts";

export function libraryModule(place: Place, settings: LibrarySettings, given: Given): Globals {
  const get = yttFunction("library.get", (args, kwargs) => {
    const path = asString(onlyArgument(args));
    const { alias, settings: own } = readKwargs(kwargs, settings);
    if (path.startsWith("@")) throw new StarlarkFailure(`Expected library '${path}' to be specified without '@'`);
    const library = place.current.findPrivate(path);
    return new LibraryInstance({ path, alias }, { current: library, root: library }, own, given).asModule();
  });
  return new Map([["library", new ModuleValue("library", new Map([["get", get]]))]]);
}

function readKwargs(
  kwargs: readonly (readonly [string, Value])[],
  settings: LibrarySettings,
): { readonly alias: string; readonly settings: LibrarySettings } {
  let alias = "";
  let { template, skipValidation } = settings;
  for (const [name, value] of kwargs) {
    const option = templateOptions.get(name);
    if (option !== undefined) template = { ...template, [option]: asBool(value) };
    else if (name === "alias") alias = asString(value);
    // What the outer library skips cannot be turned on again.
    else if (name === "dangerous_data_values_disable_validation") skipValidation = asBool(value) || skipValidation;
    else throw new StarlarkFailure(`Unexpected kwarg '${name}'`);
  }
  return { alias, settings: { ...settings, template, skipValidation } };
}

const templateOptions: ReadonlyMap<string, keyof TemplateOptions> = new Map([
  ["ignore_unknown_comments", "ignoreUnknownComments"],
  ["implicit_map_key_overrides", "implicitMapKeyOverrides"],
  ["strict", "strict"],
]);

/** A library with what was given to it so far; `with_…` make new ones. */
class LibraryInstance {
  readonly #ref: LibraryRef;
  readonly #place: Place;
  readonly #settings: LibrarySettings;
  readonly #given: Given;

  constructor(ref: LibraryRef, place: Place, settings: LibrarySettings, given: Given) {
    this.#ref = ref;
    this.#place = place;
    this.#settings = settings;
    this.#given = given;
  }

  asModule(): ModuleValue {
    const name = showRef(this.#ref);
    const inLibrary = (step: string, body: () => Value): Value => {
      const { session } = this.#settings;
      if (session.libraryDepth >= session.limits.maxLibraryDepth)
        throw new StarlarkFailure(
          `Expected at most ${session.limits.maxLibraryDepth} libraries inside one another (maxLibraryDepth)`,
        );
      session.libraryDepth++;
      try {
        return body();
      } catch (error) {
        throw inStep(`${step} library '${name}'`, error);
      } finally {
        session.libraryDepth--;
      }
    };
    return new ModuleValue(
      "library",
      new Map<string, Value>([
        [
          "with_data_values",
          yttFunction("library.with_data_values", (args, kwargs) =>
            this.#with({ values: [...this.#given.values, readValues(args, kwargs)] }),
          ),
        ],
        [
          "with_data_values_schema",
          yttFunction("library.with_data_values_schema", (args) =>
            this.#with({
              schemas: [...this.#given.schemas, SchemaEnvelope.of(documentOf(onlyArgument(args), Position.none))],
            }),
          ),
        ],
        [
          "eval",
          yttFunction("library.eval", (args) => {
            checkNoArguments(args);
            return inLibrary("Evaluating", () => new Fragment(allDocuments(this.#evaluate())));
          }),
        ],
        [
          "data_values",
          yttFunction("library.data_values", (args) => {
            checkNoArguments(args);
            return inLibrary("Exporting from", () =>
              toStarlarkPlain(this.#prepare().values.value, { mapsAsStructs: true }),
            );
          }),
        ],
        [
          "export",
          yttFunction("library.export", (args, kwargs) =>
            inLibrary("Exporting from", () => this.#export(args, kwargs)),
          ),
        ],
      ]),
    );
  }

  #with(given: Partial<Given>): ModuleValue {
    return new LibraryInstance(this.#ref, this.#place, this.#settings, { ...this.#given, ...given }).asModule();
  }

  /** The final data values, and what goes to the libraries below. */
  #prepare(): {
    readonly execution: LibraryExecution;
    readonly values: DocumentNode;
    readonly below: Given;
  } {
    const execution = new LibraryExecution(this.#place, this.#settings);
    const schemas = this.#given.schemas.flatMap((envelope) => envelope.forLibrary(this.#ref) ?? []);
    const { schema, below: schemasBelow } = execution.schema(schemas.filter((each) => !each.isForAnotherLibrary));
    const values = this.#given.values.flatMap((envelope) => envelope.forLibrary(this.#ref) ?? []);
    const own = values.filter((each) => !each.isForAnotherLibrary);
    const prepared = execution.values(
      [...own.filter((each) => !each.isAfterLibraryModule), ...own.filter((each) => each.isAfterLibraryModule)],
      schema,
    );
    return {
      execution,
      values: prepared.values,
      // What the outer libraries say of a library below comes after what this one says.
      below: {
        values: [...prepared.below, ...values.filter((each) => each.isForAnotherLibrary)],
        schemas: [...schemasBelow, ...schemas.filter((each) => each.isForAnotherLibrary)],
      },
    };
  }

  #evaluate(): LibraryResult {
    const { execution, values, below } = this.#prepare();
    return execution.evaluate(values, below.values, below.schemas);
  }

  #export(args: readonly Value[], kwargs: readonly (readonly [string, Value])[]): Value {
    const symbol = asString(onlyArgument(args));
    let path = "";
    for (const [name, value] of kwargs) {
      if (name !== "path") throw new StarlarkFailure(`Unexpected keyword argument '${name}'`);
      path = asString(value);
    }
    if (symbol.startsWith("_"))
      throw new StarlarkFailure("Symbols starting with '_' are private, and cannot be exported");
    const found = this.#evaluate().exports.filter(
      (each) => each.globals.has(symbol) && (path === "" || each.path === path),
    );
    const [first, ...others] = found;
    if (first === undefined) throw new StarlarkFailure(`Expected to find exported symbol '${symbol}', but did not`);
    if (others.length > 0)
      throw new StarlarkFailure(
        `Expected to find exactly one exported symbol '${symbol}', but found multiple across files: ${found.map((each) => each.path).join(", ")}`,
      );
    return first.globals.get(symbol) ?? null;
  }
}

function readValues(args: readonly Value[], kwargs: readonly (readonly [string, Value])[]): ValuesEnvelope {
  const document = documentOf(onlyArgument(args), "in memory");
  let isPlain = false;
  for (const [name, value] of kwargs) {
    if (name !== "plain") throw new StarlarkFailure(`invalid argument name: ${name}`);
    isPlain = asBool(value);
  }
  if (isPlain) annotateForPlainMerge(document);
  return ValuesEnvelope.of(document);
}

function documentOf(value: Value, position: Position | "in memory"): DocumentNode {
  const converted: NodeValue | DocumentSet = fromStarlark(value);
  if (converted instanceof DocumentSet)
    throw new StarlarkFailure("documents can only contain arrays, maps, or scalars; this is a document set");
  return new DocumentNode(nodesOf(converted, position), Position.none);
}

function checkNoArguments(args: readonly Value[]): void {
  if (args.length > 0) throw new StarlarkFailure("expected no arguments");
}

function allDocuments({ files }: LibraryResult): DocumentSet {
  return new DocumentSet(files.flatMap(({ documents }) => documents.items));
}
