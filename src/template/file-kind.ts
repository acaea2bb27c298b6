import type { YttInput } from "./ytt-input.ts";

export interface MarkedInput extends YttInput {
  readonly type: "yaml" | "text" | "starlark" | "data";
  /** Evaluated as a template; otherwise its text is taken as it is. */
  readonly isTemplate: boolean;
  /** Its documents are printed. */
  readonly isForOutput: boolean;
}

/** Type and role of a file by its path (ytt.md §1.2). */
export function classify(input: YttInput): MarkedInput {
  const base = input.path.slice(input.path.lastIndexOf("/") + 1);
  const pieces = base.split(".");
  const type = typeOf(base);
  const isLibrary = type === "starlark" || (pieces.length >= 3 && pieces.at(-2) === "lib");
  const isEvaluated = (type === "yaml" || type === "text") && !isLibrary;
  return { ...input, type, isTemplate: isEvaluated || (isLibrary && type !== "data"), isForOutput: isEvaluated };
}

/** Whether a path lies in a private library: such files are read only by what loads them (ytt.md §1.4). */
export function isPrivate(path: string): boolean {
  return path.split("/").slice(0, -1).includes("_ytt_lib");
}

function typeOf(base: string): MarkedInput["type"] {
  if (base.endsWith(".yml") || base.endsWith(".yaml")) return "yaml";
  if (base.endsWith(".txt")) return "text";
  return base.endsWith(".star") ? "starlark" : "data";
}
