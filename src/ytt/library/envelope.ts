import { YttError } from "../error.ts";
import { Schema } from "../schema/index.ts";
import type { DocumentNode } from "../tree/node.ts";
import { asBool } from "../values/builtin.ts";
import { type LibraryRef, libraryRefOf, refMatches, showRef } from "./library-ref.ts";

/** A document of data values or of their schema, on its way to the library that it is for. */
abstract class Envelope {
  /** Libraries on the way, outermost first; empty: it has arrived. */
  readonly path: readonly LibraryRef[];
  readonly #fullPath: readonly LibraryRef[];
  /** It was given to a library. */
  isUsed = false;

  constructor(path: readonly LibraryRef[], fullPath: readonly LibraryRef[]) {
    this.path = path;
    this.#fullPath = fullPath;
  }

  get isForAnotherLibrary(): boolean {
    return this.path.length > 0;
  }

  protected get fullPath(): readonly LibraryRef[] {
    return this.#fullPath;
  }

  protected describeAs(what: string, document: DocumentNode): string {
    const path = this.#fullPath.map(showRef).join("@");
    return `${what} belonging to library '@${path}' on ${document.position.describe()}`;
  }
}

export class ValuesEnvelope extends Envelope {
  readonly document: DocumentNode;
  /** Applied after what the program gives the library. */
  readonly isAfterLibraryModule: boolean;

  constructor(
    document: DocumentNode,
    path: readonly LibraryRef[],
    isAfterLibraryModule: boolean,
    fullPath: readonly LibraryRef[] = path,
  ) {
    super(path, fullPath);
    this.document = document;
    this.isAfterLibraryModule = isAfterLibraryModule;
  }

  /** Reads where a document goes from its annotations. */
  static of(document: DocumentNode): ValuesEnvelope {
    const path = libraryRefOf(document);
    let isAfter = false;
    for (const [name, value] of document.annotation("data/values")?.kwargs ?? []) {
      if (name !== "after_library_module") throw new YttError(`Unknown kwarg ${name} for annotation data/values`);
      isAfter = asBool(value);
      if (path.length === 0)
        throw new YttError(
          "Annotation data/values: Expected kwarg 'after_library_module' to be used with library/ref annotation",
        );
    }
    return new ValuesEnvelope(document, path, isAfter);
  }

  describe(): string {
    return this.describeAs("Data Value", this.document);
  }

  /** What arrives in a library or below it; `undefined` when it is for another. */
  forLibrary(library: LibraryRef): ValuesEnvelope | undefined {
    const [next, ...rest] = this.path;
    if (next !== undefined && !refMatches(next, library)) return undefined;
    this.isUsed = true;
    return new ValuesEnvelope(this.document.copy(), rest, this.isAfterLibraryModule, this.fullPath);
  }
}

export class SchemaEnvelope extends Envelope {
  readonly source: DocumentNode;

  constructor(source: DocumentNode, path: readonly LibraryRef[], fullPath: readonly LibraryRef[] = path) {
    super(path, fullPath);
    this.source = source;
  }

  /** @throws YttError when the document by itself is no schema. */
  static of(document: DocumentNode): SchemaEnvelope {
    const path = libraryRefOf(document);
    Schema.from(document);
    return new SchemaEnvelope(document, path);
  }

  describe(): string {
    return this.describeAs("Schema", this.source);
  }

  forLibrary(library: LibraryRef): SchemaEnvelope | undefined {
    const [next, ...rest] = this.path;
    if (next !== undefined && !refMatches(next, library)) return undefined;
    this.isUsed = true;
    return new SchemaEnvelope(this.source.copy(), rest, this.fullPath);
  }
}
