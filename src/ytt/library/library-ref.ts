import { YttError } from "../error.ts";
import type { DocumentNode } from "../tree/node.ts";
import { asString } from "../values/builtin.ts";

/** One piece of `@path~alias@…`: a library by its path, by its alias, or both. */
export interface LibraryRef {
  readonly path: string;
  readonly alias: string;
}

/** @throws YttError `Expected library ref …`. */
export function parseLibraryRef(text: string): readonly LibraryRef[] {
  if (text === "") throw new YttError("Expected library ref to not be empty");
  if (!text.startsWith("@")) throw new YttError("Expected library ref to start with '@'");
  return text
    .split("@")
    .slice(1)
    .map((piece) => {
      const [path = "", alias, ...rest] = piece.split("~");
      if (rest.length > 0)
        throw new YttError(`Expected library ref to have form: '@path', '@~alias', or '@path~alias', got: '${text}'`);
      if (alias === "") throw new YttError("Expected library alias to not be empty");
      return { path, alias: alias ?? "" };
    });
}

/** The library that a document is annotated for; empty: the one that it is in. */
export function libraryRefOf(document: DocumentNode): readonly LibraryRef[] {
  const annotation = document.annotation("library/ref");
  if (annotation === undefined) return [];
  const [arg, ...rest] = annotation.args;
  if (arg === undefined || rest.length > 0)
    throw new YttError(`Expected library/ref annotation to have one arg, got ${annotation.args.length}`);
  const text = asString(arg);
  try {
    return parseLibraryRef(text);
  } catch (error) {
    if (!(error instanceof YttError)) throw error;
    throw new YttError(`Annotation library/ref: ${error.message}`);
  }
}

export function refMatches(wanted: LibraryRef, library: LibraryRef): boolean {
  if (wanted.alias === "") return wanted.path === library.path;
  return wanted.alias === library.alias && (wanted.path === "" || wanted.path === library.path);
}

export function showRef({ path, alias }: LibraryRef): string {
  return alias === "" ? path : `${path}~${alias}`;
}
