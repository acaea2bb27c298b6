import { createHash } from "node:crypto";
import { type Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  apiVersionOf,
  describeResource,
  isList,
  isMap,
  type Json,
  kindOf,
  nameOf,
  own,
  parseYamlStream,
  type SourcedResource,
  uniqueKey,
} from "../../resource/index.ts";

/** Bounds on one folder of manifests: a wrong path such as `/` ends with an error instead of a long walk. */
const maxFiles = 10_000;
const maxDepth = 32;

/** What is wrong with a file; `line` is 1-based. */
export interface ManifestFault {
  /** Relative to the folder, `.` for the folder itself. */
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** The objects of a folder of YAML files. */
export interface ManifestSet {
  /** In the order of their files; `origin.file` is relative to the folder. */
  readonly objects: readonly SourcedResource[];
  readonly faults: readonly ManifestFault[];
  /**
   * Files and folders of which nothing is known, `.` for all: objects that came from there in an earlier life of the process are not
   * to be deleted (reliability.md §0.5). Ask `isUnknownOrigin`.
   */
  readonly unknown: readonly string[];
}

/** Whether the objects of this file are unknown, and so none of them may be deleted because it is not in the set. */
export function isUnknownOrigin(set: ManifestSet, file: string): boolean {
  return set.unknown.some((place) => place === "." || place === file || file.startsWith(`${place}/`));
}

/**
 * Reads every *.yml and *.yaml below `directory`, hidden files and folders left out. A file with a fault gives none of its objects.
 * `kind: List` is taken apart. Never throws for what the files hold.
 */
export async function loadManifests(directory: string): Promise<ManifestSet> {
  const { files, faults } = await findFiles(directory);
  const read = await Promise.all(files.map(async (file) => ({ file, content: await readManifest(directory, file) })));
  return assemble(
    read.flatMap(({ file, content }) => (content === undefined ? [] : [{ file, ...content }])),
    faults,
  );
}

/** One file's objects, or why there are none. */
export interface ManifestFile {
  readonly file: string;
  readonly objects: readonly SourcedResource[];
  readonly faults: readonly ManifestFault[];
  /** `objects` are not what the file says. */
  readonly unknown: boolean;
}

/** Puts files together; the same object twice is a fault of the later file. */
export function assemble(files: readonly ManifestFile[], folderFaults: readonly ManifestFault[]): ManifestSet {
  const objects: SourcedResource[] = [];
  const faults = [...folderFaults];
  const unknown = new Set(folderFaults.map(({ file }) => file));
  const placeOf = new Map<string, string>();
  for (const { file, ...content } of files) {
    faults.push(...content.faults);
    if (content.unknown) unknown.add(file);
    for (const source of content.objects) {
      const key = uniqueKey(source.object);
      const taken = placeOf.get(key);
      if (taken === undefined) {
        placeOf.set(key, file);
        objects.push(source);
      } else {
        const line = source.origin.line ?? 1;
        faults.push({ file, line, message: `${describeResource(source.object)} is in ${taken} already` });
      }
    }
  }
  if (files.length === 0 && folderFaults.length === 0) {
    // A volume that is not mounted looks like this.
    faults.push({ file: ".", message: "holds no *.yml or *.yaml file: nothing is added, changed or removed" });
    unknown.add(".");
  }
  return { objects, faults, unknown: [...unknown] };
}

/** Relative paths of the manifests below `directory` in byte order, the folders walked, and a fault per folder that cannot be read. */
export async function findFiles(directory: string): Promise<{
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly faults: readonly ManifestFault[];
}> {
  const files: string[] = [];
  const folders: string[] = [];
  const faults: ManifestFault[] = [];
  const seen = new Set<string>();

  const walk = async (folder: string, depth: number): Promise<void> => {
    const path = join(directory, folder);
    let entries: readonly Dirent[];
    try {
      const real = await realpath(path);
      // Links may lead to a folder again, or in a circle.
      if (seen.has(real)) return;
      seen.add(real);
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      faults.push({ file: folder, message: `cannot be read: ${reasonOf(error)}` });
      return;
    }
    folders.push(folder);
    for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".")) continue;
      const below = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (await isFolder(entry, join(directory, below))) {
        if (depth < maxDepth) await walk(below, depth + 1);
        else faults.push({ file: below, message: `is more than ${maxDepth} folders deep` });
      } else if (/\.ya?ml$/.test(entry.name)) {
        files.push(below);
      }
    }
  };

  await walk(".", 0);
  if (files.length > maxFiles) {
    return {
      files: [],
      folders,
      faults: [{ file: ".", message: `holds ${files.length} files, the limit is ${maxFiles}` }],
    };
  }
  return { files, folders, faults };
}

/** @returns `undefined` when the file is gone. */
export async function readManifest(directory: string, file: string): Promise<Omit<ManifestFile, "file"> | undefined> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(join(directory, file)));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    return { objects: [], faults: [{ file, message: `cannot be read: ${reasonOf(error)}` }], unknown: true };
  }
  const { objects, faults } = parseManifest(text, file);
  return faults.length === 0 ? { objects, faults, unknown: false } : { objects: [], faults, unknown: true };
}

/** A digest of objects, their places and faults, to tell whether anything changed. */
export function digestOf({ objects, faults }: ManifestSet): string {
  const text = JSON.stringify([objects, faults], (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(text).digest("hex");
}

function parseManifest(
  text: string,
  file: string,
): { readonly objects: readonly SourcedResource[]; readonly faults: readonly ManifestFault[] } {
  const { documents, diagnostics } = parseYamlStream(text, { file, duplicateKeys: "error" });
  const objects: SourcedResource[] = [];
  const faults: ManifestFault[] = diagnostics.map(({ line, message }) => ({ file, line, message }));
  for (const { value, document, line } of documents) {
    for (const object of itemsOf(value)) {
      const missing = missingIdentity(object);
      if (missing === undefined && isMap(object)) objects.push({ object, origin: { file, document, line } });
      else faults.push({ file, line, message: `document ${document} is no Kubernetes object: ${missing ?? "no map"}` });
    }
  }
  return { objects, faults };
}

function itemsOf(value: Json): readonly Json[] {
  const items = own(value, "items");
  return isMap(value) && kindOf(value) === "List" && apiVersionOf(value) === "v1" && isList(items) ? items : [value];
}

function missingIdentity(value: Json): string | undefined {
  if (!isMap(value)) return "it is no map";
  if (apiVersionOf(value) === "") return "it has no apiVersion";
  if (kindOf(value) === "") return "it has no kind";
  if (nameOf(value) === "") return "it has no metadata.name";
  return undefined;
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // A link to nothing: reading it as a file tells that it is gone.
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return "it is not UTF-8 text";
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
