import type { YttStep } from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import { compareCodePoints } from "../resource/index.ts";
import { type InputFile, stdinName, yttMessages } from "../ytt/index.ts";
import { filesBelow } from "./tree-files.ts";

/** A file as ytt sees it: named by its path below the `-f` argument that brought it. */
export interface YttInput extends InputFile {
  /** Its path among the App's files; the same for the step before and inline files. */
  readonly source: string;
}

export type CollectedInputs =
  | { readonly inputs: readonly YttInput[] }
  /** Refused before ytt would be called: the text of the stage's error. */
  | { readonly refusal: string }
  /** ytt itself fails on the arguments: its message, unshaped. */
  | { readonly yttError: string };

/**
 * The inputs of one ytt step in ytt's order (app.md §5.2, ytt.md §1.1): the listed paths, or the step before, or all files; then the
 * inline files. Within one argument files come in byte order of their paths.
 * @param stdin Output of the step before; `undefined` for the first step.
 */
export function collectYttInputs(
  step: YttStep,
  files: FileTree,
  inline: ReadonlyMap<string, Uint8Array>,
  stdin: Uint8Array | undefined,
): CollectedInputs {
  const inputs: YttInput[] = [];
  for (const path of argumentsOf(step, stdin !== undefined)) {
    if (path === "-") {
      if (stdin === undefined) return { refusal: "Expected stdin to be available when using it as path, but was not" };
      if (inputs.some((input) => input.path === stdinName)) return { yttError: yttMessages.stdinReadTwice };
      inputs.push({ path: stdinName, source: stdinName, bytes: stdin });
      continue;
    }
    const group = filesBelow(files, path);
    if (group === undefined) return { refusal: `Checking path: Invalid path: ${path}` };
    if (group.length === 0 && files.size > 0) return { yttError: yttMessages.missingFile(path) };
    for (const { name, source, file } of group) {
      if (file.mode === "symlink")
        return { yttError: yttMessages.refusedSymlink(name, new TextDecoder().decode(file.bytes)) };
      inputs.push({ path: name, source, bytes: file.bytes });
    }
  }
  for (const [path, bytes] of [...inline].sort(([a], [b]) => compareCodePoints(a, b)))
    inputs.push({ path, source: path, bytes });
  return { inputs };
}

function argumentsOf(step: YttStep, hasStdin: boolean): readonly string[] {
  if (step.paths.length > 0) return step.paths;
  return [hasStdin ? "-" : "."];
}
