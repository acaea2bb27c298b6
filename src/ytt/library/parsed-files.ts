import { inStep, YttError } from "../error.ts";
import type { MarkedFile } from "../files/index.ts";
import { hasTemplating } from "../template/annotation.ts";
import { type CompiledTemplate, compileYaml } from "../template/compile-yaml.ts";
import type { YamlLimits } from "../../resource/index.ts";
import type { DocumentSet } from "../tree/node.ts";
import { decodeUtf8, readYaml } from "../tree/read.ts";

interface Parsed {
  readonly set: DocumentSet;
  /** Whether anything in it is code, a value or an annotation. */
  readonly hasTemplating: boolean;
  readonly compiled: Map<boolean, CompiledTemplate>;
}

export interface ParsedFilesOptions {
  readonly limits: Partial<YamlLimits>;
  readonly hugeIntegers: "fault" | "double";
}

/** YAML files of one render, each read once for the stages that look at it. */
export class ParsedFiles {
  readonly #options: ParsedFilesOptions;
  readonly #files = new Map<MarkedFile, Map<boolean, Parsed>>();

  constructor(options: ParsedFilesOptions) {
    this.#options = options;
  }

  /** The nodes of a file as they are written. They must not be changed. */
  read(file: MarkedFile, strict: boolean): { readonly set: DocumentSet; readonly hasTemplating: boolean } {
    return this.#parsed(file, strict);
  }

  /** The same, to be changed by whoever takes it. */
  take(file: MarkedFile, strict: boolean): DocumentSet {
    const { set } = this.#parsed(file, strict);
    this.#files.get(file)?.delete(strict);
    return set;
  }

  compiled(
    file: MarkedFile,
    options: { readonly strict: boolean; readonly ignoreUnknownComments: boolean },
  ): CompiledTemplate {
    const { strict, ignoreUnknownComments } = options;
    const { set, compiled } = this.#parsed(file, strict);
    const known = compiled.get(ignoreUnknownComments);
    if (known !== undefined) return known;
    try {
      const template = compileYaml(set, { file: file.path, ignoreUnknownComments });
      compiled.set(ignoreUnknownComments, template);
      return template;
    } catch (error) {
      throw inStep(`Compiling YAML template '${file.path}'`, error);
    }
  }

  #parsed(file: MarkedFile, strict: boolean): Parsed {
    const known = this.#files.get(file)?.get(strict);
    if (known !== undefined) return known;
    const parsed = this.#parse(file, strict);
    const byStrict = this.#files.get(file) ?? new Map<boolean, Parsed>();
    this.#files.set(file, byStrict.set(strict, parsed));
    return parsed;
  }

  #parse(file: MarkedFile, strict: boolean): Parsed {
    const step = `Unmarshaling YAML template '${file.path}'`;
    const text = decodeUtf8(file.bytes);
    if (text === undefined) throw new YttError(`${step}: yaml: invalid leading UTF-8 octet`);
    // Without `#@` a file is plain, whatever its comments say.
    const withComments = text.includes("#@");
    try {
      const set = readYaml(text, { file: file.path, withComments, strict, ...this.#options });
      return { set, hasTemplating: withComments && hasTemplating(set), compiled: new Map() };
    } catch (error) {
      throw inStep(step, error);
    }
  }
}
