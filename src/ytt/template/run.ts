/** Runs the program of a template. Programs are compiled once per text and kept for the next render. */
import { compile, type Program, Thread, type ThreadOptions, type Value } from "../../starlark/index.ts";
import type { Globals } from "../session.ts";
import type { DocumentSet } from "../tree/node.ts";
import { type BuildOptions, type Contexts, TreeBuilder } from "./build.ts";
import { type CodeLine, instructions, programText } from "./code.ts";
import type { NodeTable } from "./node-table.ts";

const cachedCharacters = 8 * 1024 * 1024;
const cache = new Map<string, Program>();
let cacheSize = 0;

const instructionNames: ReadonlySet<string> = new Set(Object.values(instructions));

/** @throws SyntaxErrors */
export function compileProgram(file: string, lines: readonly CodeLine[]): Program {
  const text = programText(lines);
  const key = `${file}\n${text}`;
  const known = cache.get(key);
  if (known !== undefined) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const program = compile(text, {
    file,
    isPredeclared: (name) => instructionNames.has(name),
    bracket: {
      marks: new Set([instructions.startNode, instructions.setNode]),
      enter: instructions.startContext,
      leave: instructions.endContext,
    },
  });
  cache.set(key, program);
  cacheSize += key.length;
  for (const oldest of cache.keys()) {
    if (cacheSize <= cachedCharacters || oldest === key) break;
    cache.delete(oldest);
    cacheSize -= oldest.length;
  }
  return program;
}

export interface TemplateRun {
  /** What others may load: no names that start with `_`. */
  readonly globals: Globals;
  readonly result: DocumentSet | string | undefined;
}

export class RunningTemplate {
  readonly #program: Program;
  readonly #builder: TreeBuilder;

  constructor(program: Program, nodes: NodeTable, options: BuildOptions, contexts: Contexts) {
    this.#program = program;
    this.#builder = new TreeBuilder(nodes, options, contexts);
  }

  /** `template.replace` of this template. */
  replace(value: Value): Value {
    return this.#builder.replace(value);
  }

  /** @throws EvalError */
  run(options: ThreadOptions): TemplateRun {
    const globals = this.#program.run(new Thread(options), this.#builder.bindings());
    return { globals: new Map([...globals].filter(([name]) => !name.startsWith("_"))), result: this.#builder.result };
  }
}
