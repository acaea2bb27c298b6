/** A file as ytt gets it. */
export interface InputFile {
  /** Path below the `-f` argument that brought it, `/` separated. */
  readonly path: string;
  /** What file marks match, when `path` was given to it by `path=file`. Default: `path`. */
  readonly originalPath?: string;
  readonly bytes: Uint8Array;
}

export type FileType = "yaml" | "text" | "starlark" | "data";

/** What marks say of a file; what they leave open follows from its path. */
export interface FileMarks {
  readonly path?: string;
  readonly type?: FileType;
  readonly isTemplate?: boolean;
  readonly isForOutput?: boolean;
}

/** A file with its role. */
export interface MarkedFile extends InputFile {
  readonly type: FileType;
  /** Its code is run; otherwise its text is taken as it is. */
  readonly isTemplate: boolean;
  /** Its documents or text are part of the output. */
  readonly isForOutput: boolean;
  /** May be loaded by others, and is run for what it defines. */
  readonly isLibrary: boolean;
  /** Its place among all files: decides the order of output, overlays and values. */
  readonly order: number;
  /** The file that was given, before marks. */
  readonly input: InputFile;
}

/** Type and role of a file by its marks and its path (ytt.md §1.2). */
export function classify(input: InputFile, order: number, marks: FileMarks = {}): MarkedFile {
  const { path = input.path } = marks;
  const base = path.slice(path.lastIndexOf("/") + 1);
  const pieces = base.split(".");
  const type = marks.type ?? typeOfPath(path);
  const isLibrary = type === "starlark" || (pieces.length >= 3 && pieces.at(-2) === "lib");
  const isEvaluated = (type === "yaml" || type === "text") && !isLibrary;
  return {
    path,
    bytes: input.bytes,
    type,
    isTemplate: marks.isTemplate ?? isEvaluated,
    isForOutput: marks.isForOutput ?? (marks.isTemplate === true || isEvaluated),
    isLibrary,
    order,
    input,
  };
}

/** Type of a file by its name alone. */
export function typeOfPath(path: string): FileType {
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (base.endsWith(".yml") || base.endsWith(".yaml")) return "yaml";
  if (base.endsWith(".txt")) return "text";
  return base.endsWith(".star") ? "starlark" : "data";
}
