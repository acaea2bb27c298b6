import type { Contexts } from "./template/build.ts";
import type { ParsedFiles } from "./library/parsed-files.ts";
import type { Budget, StarlarkLimits, Value } from "../starlark/index.ts";
import type { YamlLimits } from "../resource/index.ts";

/** Bounds on one render; each fails the render with its name and place. */
export interface RenderLimits {
  /** Documents of the output. Default 5,000. */
  readonly maxDocuments: number;
  /** Characters of the output. Default 32 Mi. */
  readonly maxOutput: number;
  /** Libraries that are evaluated inside one another. Default 50. */
  readonly maxLibraryDepth: number;
  readonly yaml: Partial<YamlLimits>;
  readonly starlark: Partial<StarlarkLimits>;
}

/** How templates are read. */
export interface TemplateOptions {
  /** Comments that are not ytt's are skipped. */
  readonly ignoreUnknownComments: boolean;
  /** A repeated key replaces the earlier one. */
  readonly implicitMapKeyOverrides: boolean;
  /** Scalars of more than one possible meaning are refused. */
  readonly strict: boolean;
}

/** What all libraries of one render share. */
export interface Session {
  readonly budget: Budget;
  readonly limits: RenderLimits;
  /** The version that `@ytt:version` reports. */
  readonly yttVersion: string;
  /** A line of `print` or a warning. */
  readonly print: (line: string) => void;
  /** Called now and then while programs run; may throw. */
  readonly checkTime: (() => void) | undefined;
  /** Receives what `--debug` shows. */
  readonly debug: ((text: string) => void) | undefined;
  /** Libraries that are being evaluated inside one another now. */
  libraryDepth: number;
  readonly contexts: Contexts;
  /** What files hold, for those that need it after another: a library may be evaluated many times. */
  readonly parsed: ParsedFiles;
}

export type Globals = ReadonlyMap<string, Value>;
