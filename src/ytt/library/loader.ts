/** Evaluates the files of a library and answers their `load`s. */
import {
  freeze,
  type Position,
  StarlarkFailure,
  Thread,
  type ThreadOptions,
  type Value,
} from "../../starlark/index.ts";
import { inStep, isInputFailure, YttError } from "../error.ts";
import type { MarkedFile } from "../files/index.ts";
import { standardModule } from "../modules/index.ts";
import { overlayModule } from "../overlay/index.ts";
import type { Globals, Session, TemplateOptions } from "../session.ts";
import { type CodeLine, codeLines } from "../template/code.ts";
import { templateFailure } from "../template/failure.ts";
import { NodeTable } from "../template/node-table.ts";
import { compileProgram, RunningTemplate } from "../template/run.ts";
import { compileText, parseText } from "../template/text.ts";
import { toStarlarkPlain } from "../tree/convert.ts";
import {
  DocumentSet,
  equalScalars,
  type MapItem,
  MapNode,
  type Node,
  childNodes,
  type NodeValue,
} from "../tree/node.ts";
import { Position as NodePosition } from "../tree/position.ts";
import { decodeUtf8 } from "../tree/read.ts";
import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { ModuleValue } from "../values/struct.ts";
import { dataModule } from "./data-module.ts";
import type { Library } from "./library-tree.ts";

/** Where a file is evaluated: relative paths start at its directory, `/` at the root of its library. */
export interface Place {
  readonly current: Library;
  readonly root: Library;
}

export interface LoaderOptions {
  readonly session: Session;
  readonly template: TemplateOptions;
  /** The final data values; `undefined` while they and their schema are worked out. */
  readonly values: NodeValue | undefined;
  /** `@ytt:library` for a file. */
  readonly libraryModule: (place: Place) => Globals;
}

interface Evaluated {
  readonly globals: Globals;
  readonly result: DocumentSet | string | undefined;
}

export class TemplateLoader {
  readonly #options: LoaderOptions;
  /** Lines of the programs by file, for messages. */
  readonly #code = new Map<string, readonly CodeLine[]>();
  readonly #loaded = new Map<MarkedFile, Globals>();
  readonly #loading = new Set<MarkedFile>();
  #values: Value | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  evaluateYaml(place: Place, file: MarkedFile): { readonly globals: Globals; readonly documents: DocumentSet } {
    const { session, template } = this.#options;
    const { strict } = template;
    if ((!file.isTemplate && !file.isLibrary) || !session.parsed.read(file, strict).hasTemplating) {
      const set = session.parsed.take(file, strict);
      dropRepeatedKeys(set);
      session.debug?.(`## file ${file.path} (plain)\n`);
      return { globals: noGlobals, documents: set };
    }
    const { lines, nodes } = session.parsed.compiled(file, template);
    const { globals, result } = this.#run(place, file, lines, nodes);
    return { globals, documents: result instanceof DocumentSet ? result : new DocumentSet() };
  }

  evaluateText(place: Place, file: MarkedFile): { readonly globals: Globals; readonly text: string } {
    const text = decodeText(file);
    if (!file.isTemplate && !file.isLibrary) return { globals: noGlobals, text };
    const nodes = new NodeTable();
    let lines: readonly CodeLine[];
    try {
      const { lines: code, result } = compileText(parseText(text, { file: file.path, line: 1 }), nodes);
      lines = [...code, { code: result, source: undefined }];
    } catch (error) {
      throw inStep(`Parsing text template '${file.path}'`, error);
    }
    try {
      const { globals, result } = this.#run(place, file, lines, nodes);
      return { globals, text: typeof result === "string" ? result : "" };
    } catch (error) {
      throw inStep("Evaluating text template", error);
    }
  }

  evaluateStarlark(place: Place, file: MarkedFile): Globals {
    const text = decodeText(file);
    const source = { file: "", lines: text.split("\n") };
    const lines = codeLines(text, (offset) => ({ position: NodePosition.at(source, offset + 1), text: "" }));
    try {
      return this.#run(place, file, lines, new NodeTable()).globals;
    } catch (error) {
      throw inStep("Evaluating starlark template", error);
    }
  }

  #run(place: Place, file: MarkedFile, lines: readonly CodeLine[], nodes: NodeTable): Evaluated {
    const { session, template } = this.#options;
    this.#code.set(file.path, lines);
    session.debug?.(`## file ${file.path}\n${lines.map(({ code }) => code).join("\n")}\n`);
    try {
      const program = compileProgram(file.path, lines);
      const running = new RunningTemplate(program, nodes, template, session.contexts);
      const replace = yttFunction("template.replace", (args) => running.replace(onlyArgument(args)));
      const modules = new Map<string, Value>([
        ["template", new ModuleValue("template", new Map([["replace", replace]]))],
      ]);
      const evaluated = running.run(this.#threadOptions(place, modules));
      for (const value of evaluated.globals.values()) freeze(value);
      return evaluated;
    } catch (error) {
      throw templateFailure(error, { find: (position) => this.#findLine(position) });
    }
  }

  #threadOptions(place: Place, modules: Globals): ThreadOptions {
    const { session } = this.#options;
    const load = (module: string): Globals => this.#load(place, module, modules);
    return {
      budget: session.budget,
      print: session.print,
      checkpoint: () => session.contexts.checkpoint(),
      load(_thread, module) {
        try {
          return load(module);
        } catch (error) {
          throw isInputFailure(error) ? new StarlarkFailure(error.message) : error;
        }
      },
      ...(session.checkTime === undefined ? {} : { checkTime: session.checkTime }),
    };
  }

  /** A thread for callbacks that no file's program calls: overlays, validations. */
  thread(): Thread {
    const { session } = this.#options;
    return new Thread({
      budget: session.budget,
      print: session.print,
      checkpoint: () => session.contexts.checkpoint(),
      load: () => {
        throw new YttError("load statement within a callback");
      },
      ...(session.checkTime === undefined ? {} : { checkTime: session.checkTime }),
    });
  }

  #load(place: Place, module: string, modules: Globals): Globals {
    let { current, root } = place;
    let path = module;
    if (module.startsWith("@")) {
      const colon = module.indexOf(":");
      if (colon === -1)
        throw new YttError(
          "Expected library path to be in format '@name:path' e.g. '@github.com/vmware-tanzu/test:test.star' or '@ytt:base64'",
        );
      const name = module.slice(1, colon);
      path = module.slice(colon + 1);
      if (name === "ytt") return this.#builtinModule(path, place, modules);
      current = current.findPrivate(name);
      root = current;
    }
    const { file, library } = path.startsWith("/") ? root.findFile(path.slice(1)) : current.findFile(path);
    if (!file.isLibrary)
      throw new YttError(
        `Expected file '${file.path}' to be a library file, but was not (hint: library filename must end with '.lib.yml' or '.star'; use data.read(...) for loading non-templated file contents)`,
      );
    return this.#loadFile({ current: library, root }, file);
  }

  #loadFile(place: Place, file: MarkedFile): Globals {
    const known = this.#loaded.get(file);
    if (known !== undefined) return known;
    if (this.#loading.has(file)) throw new YttError(`Expected file '${file.path}' to not be loaded by itself`);
    this.#loading.add(file);
    try {
      const globals = this.#evaluateLibraryFile(place, file);
      this.#loaded.set(file, globals);
      return globals;
    } finally {
      this.#loading.delete(file);
    }
  }

  #evaluateLibraryFile(place: Place, file: MarkedFile): Globals {
    switch (file.type) {
      case "yaml":
        return this.evaluateYaml(place, file).globals;
      case "text":
        return this.evaluateText(place, file).globals;
      case "starlark":
        return this.evaluateStarlark(place, file);
      case "data":
        throw new YttError(`File '${file.path}' type is not a known`);
    }
  }

  #builtinModule(name: string, place: Place, modules: Globals): Globals {
    const { session } = this.#options;
    switch (name) {
      case "data":
        return new Map([["data", dataModule(place, this.#dataValues())]]);
      case "library":
        return this.#options.libraryModule(place);
      case "overlay":
        return new Map([["overlay", overlayModule]]);
      case "template":
        return modules;
      default: {
        const found = standardModule(name, { yttVersion: session.yttVersion, warn: session.print });
        if (found !== undefined) return found;
        throw new YttError(
          `builtin ytt library does not have module '${name}' (hint: is it available in newer version of ytt?)`,
        );
      }
    }
  }

  #dataValues(): Value {
    const { values } = this.#options;
    this.#values ??= toStarlarkPlain(values === undefined ? new MapNode([], NodePosition.none) : values, {
      mapsAsStructs: true,
    });
    return this.#values;
  }

  #findLine({ file, line }: Position): CodeLine | "unavailable" | undefined {
    const lines = this.#code.get(file);
    if (lines === undefined) return "unavailable";
    let first = 1;
    // What nobody wrote is told by the line before it.
    let written: CodeLine | undefined;
    for (const code of lines) {
      if (code.source !== undefined) written = code;
      const next = first + code.code.split("\n").length;
      if (line < next) return written;
      first = next;
    }
    return undefined;
  }
}

const noGlobals: Globals = new Map();

function decodeText(file: MarkedFile): string {
  const text = decodeUtf8(file.bytes);
  if (text === undefined) throw new YttError(`Expected file '${file.path}' to hold UTF-8 text`);
  return text;
}

/** Of repeated keys the first place stays and the last value wins. */
function dropRepeatedKeys(node: Node): void {
  if (node instanceof MapNode && node.items.length > 1) node.items = lastOfEach(node.items);
  for (const child of childNodes(node)) dropRepeatedKeys(child);
}

function lastOfEach(items: readonly MapItem[]): MapItem[] {
  const byKey = new Map<unknown, number>();
  const kept: MapItem[] = [];
  for (const item of items) {
    const { key } = item;
    const id =
      typeof key === "object" && key !== null
        ? kept.findIndex((other) => equalScalars(other.key, key))
        : byKey.get(key);
    if (id === undefined || id === -1) {
      byKey.set(key, kept.length);
      kept.push(item);
    } else {
      kept[id] = item;
    }
  }
  return kept;
}
