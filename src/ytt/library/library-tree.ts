/** Directories as libraries: `_ytt_lib` holds private ones (ytt.md §1.4). */
import { YttError } from "../error.ts";
import type { MarkedFile } from "../files/index.ts";

const privateName = "_ytt_lib";

/** A directory of files. */
export class Library {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly files: MarkedFile[] = [];
  readonly #children: Library[] = [];

  private constructor(name: string) {
    this.name = name;
    this.isPrivate = name === privateName;
  }

  static fromFiles(files: readonly MarkedFile[]): Library {
    const root = new Library("");
    for (const file of files) {
      let library = root;
      for (const piece of file.path.split("/").slice(0, -1)) library = library.#child(piece) ?? library.#add(piece);
      library.files.push(file);
    }
    return root;
  }

  #child(name: string): Library | undefined {
    return this.#children.find((child) => child.name === name);
  }

  #add(name: string): Library {
    const child = new Library(name);
    this.#children.push(child);
    return child;
  }

  /** A private library of this directory, by its path below `_ytt_lib`. */
  findPrivate(path: string): Library {
    let library = this.#children.find((child) => child.isPrivate);
    if (library === undefined)
      throw new YttError(`Could not find private library (directory '${privateName}' missing?)`);
    const pieces = path.split("/");
    for (const [index, piece] of pieces.entries()) {
      const next: Library | undefined = library.#child(piece);
      const before = pieces.slice(0, index).join("/");
      if (next === undefined) throw new YttError(`Expected to find library '${path}', but did not find '${before}'`);
      if (next.isPrivate) throw new YttError(`Could not load private library '${before}'`);
      library = next;
    }
    return library;
  }

  /** A directory below this one. */
  findDirectory(path: string): Library {
    return this.#descend(path.split("/"));
  }

  #descend(pieces: readonly string[], depth = 0): Library {
    const piece = pieces[depth];
    if (piece === undefined) return this;
    const next = this.#child(piece);
    if (next === undefined) throw new YttError(`Did not find '${pieces.slice(0, depth).join("/")}'`);
    if (next.isPrivate) throw new YttError(`Encountered private library '${privateName}'`);
    return next.#descend(pieces, depth + 1);
  }

  findFile(path: string): { readonly file: MarkedFile; readonly library: Library } {
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const library = slash === -1 ? this : this.#directoryOf(path, path.slice(0, slash));
    const file = library.files.find((candidate) => baseName(candidate.path) === name);
    if (file === undefined)
      throw new YttError(`Expected to find file '${path}' (hint: only files included via -f flag are available)`);
    return { file, library };
  }

  #directoryOf(path: string, directory: string): Library {
    try {
      return this.findDirectory(directory);
    } catch (error) {
      if (!(error instanceof YttError)) throw error;
      throw new YttError(`Expected to find file '${path}', but did not: ${error.message}`);
    }
  }

  /** The files of this directory, then those of its directories that are not private. */
  accessibleFiles(): readonly FileInLibrary[] {
    return this.#accessible("");
  }

  #accessible(prefix: string): readonly FileInLibrary[] {
    return [
      ...this.files.map((file) => ({ file, library: this, relativePath: prefix + baseName(file.path) })),
      ...this.#children
        .filter((child) => !child.isPrivate)
        .flatMap((child) => child.#accessible(`${prefix}${child.name}/`)),
    ];
  }
}

export interface FileInLibrary {
  readonly file: MarkedFile;
  readonly library: Library;
  /** Path below the library whose files were listed. */
  readonly relativePath: string;
}

/** In the order in which the files were given, whatever directories they are in. */
export function inFileOrder(files: readonly FileInLibrary[]): readonly FileInLibrary[] {
  return files.toSorted((a, b) => a.file.order - b.file.order);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
