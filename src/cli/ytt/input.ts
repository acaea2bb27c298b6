/** The files that ytt's arguments name (ytt.md §1.1). */
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { compareCodePoints } from "../../resource/index.ts";
import { type InputFile, stdinName, YttError, yttMessages } from "../../ytt/index.ts";

export interface InputOptions {
  /** Paths below which symbolic links may lead. */
  readonly allowedSymlinks: readonly string[];
  readonly allowAllSymlinks: boolean;
  readonly readStdin: () => Uint8Array;
}

export class YttInput {
  readonly #options: InputOptions;
  #stdinWasRead = false;

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /**
   * The files of `-f` arguments: sorted within each argument, the arguments in their order.
   * @throws YttError for paths that do not exist, symbolic links, and standard input read twice.
   */
  files(paths: readonly string[]): readonly InputFile[] {
    return paths.flatMap((path) => this.#group(path).sort((a, b) => compareCodePoints(a.path, b.path)));
  }

  #group(argument: string): InputFile[] {
    const [first = "", second, ...more] = argument.split("=");
    if (more.length > 0)
      throw new YttError(`Expected file '${argument}' to only have single '=' sign to for relative path assignment`);
    const path = second ?? first;
    const name = second === undefined ? undefined : first;
    if (path === "-") return [named({ path: stdinName, bytes: this.#stdin() }, name)];
    if (/^https?:\/\//.test(path))
      throw new YttError(
        `Reading '${path}': fetching templates over HTTP is not supported; download the file and give its path`,
      );
    const stat = lstat(path);
    if (!stat.isDirectory()) return [named({ path: basename(path), bytes: this.#read(path) }, name)];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return { path: relative(path, file).split(sep).join("/"), bytes: this.#read(file) };
      });
  }

  #read(path: string): Uint8Array {
    if (lstat(path).isSymbolicLink()) this.#checkSymlink(path);
    return readFileSync(path);
  }

  #checkSymlink(path: string): void {
    const { allowAllSymlinks, allowedSymlinks } = this.#options;
    if (allowAllSymlinks) return;
    const target = realpathSync(path);
    if (allowedSymlinks.some((allowed) => isBelow(target, resolve(allowed)))) return;
    throw new YttError(yttMessages.refusedSymlink(path, target));
  }

  #stdin(): Uint8Array {
    if (this.#stdinWasRead) throw new YttError(yttMessages.stdinReadTwice);
    this.#stdinWasRead = true;
    return this.#options.readStdin();
  }
}

function named(file: InputFile, name: string | undefined): InputFile {
  return name === undefined || name === "" ? file : { path: name, originalPath: file.path, bytes: file.bytes };
}

function lstat(path: string): ReturnType<typeof lstatSync> & {} {
  try {
    return lstatSync(path);
  } catch {
    throw new YttError(yttMessages.missingFile(path));
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}
