/** Data values from outside of the templates: files, environment variables, and values by key (ytt.md §7.1). */
import { within, YttError } from "../error.ts";
import { type InputFile, typeOfPath } from "../files/index.ts";
import { ValuesEnvelope } from "../library/envelope.ts";
import { parseLibraryRef } from "../library/library-ref.ts";
import { annotateForPlainMerge, mergeOrAdd, setOrAdd } from "../overlay/index.ts";
import { DocumentNode, MapItem, MapNode, type NodeValue } from "../tree/node.ts";
import { Position } from "../tree/position.ts";
import { decodeUtf8, readYaml } from "../tree/read.ts";

/** Values given beside the files, from the lowest to the highest precedence. `@lib:` in front of a key or path sends them to a library. */
export interface DataValues {
  /** `--data-values-file`: plain YAML; maps are merged, arrays and scalars replaced. */
  readonly files?: readonly DataValuesFile[];
  /** `--data-values-env` and, with `yaml`, `--data-values-env-yaml`: `PREFIX_a__b` is `a.b`. */
  readonly env?: readonly { readonly prefix: string; readonly yaml: boolean }[];
  /** What `env` reads. */
  readonly environment?: Iterable<readonly [name: string, value: string]>;
  /** `--data-value`: `a.b=text`. */
  readonly strings?: readonly string[];
  /** `--data-value-yaml`: `a.b=YAML`. */
  readonly yaml?: readonly string[];
  /** `--data-value-file`: the text of a file under a key. */
  readonly texts?: readonly { readonly key: string; readonly path: string; readonly bytes: Uint8Array }[];
}

export interface DataValuesFile {
  /** The argument, `@lib:` and all. */
  readonly argument: string;
  /** What it stands for: one file, or those of a directory in their order. */
  readonly files: readonly InputFile[];
  /** No line of it is shown in messages. Default false. */
  readonly isSecret?: boolean;
}

export interface SourceOptions {
  readonly strict: boolean;
}

/** One document per value, in the order in which they are applied. */
export function envelopesOf(values: DataValues, options: SourceOptions): readonly ValuesEnvelope[] {
  const { strict } = options;
  return [
    ...(values.files ?? []).flatMap((file) => within("Extracting data value from file", () => fromFile(file, strict))),
    ...sortByYaml(values.env ?? []).flatMap(({ prefix, yaml }) =>
      within(`Extracting data values from env under prefix '${prefix}'`, () =>
        fromEnvironment(prefix, yaml, values.environment ?? [], strict),
      ),
    ),
    ...(values.strings ?? []).map((text) => within(fromPair, () => fromKeyValue(text, false, strict))),
    ...(values.yaml ?? []).map((text) => within(fromPair, () => fromKeyValue(text, true, strict))),
    ...(values.texts ?? []).map((text) => within("Extracting data value from file", () => fromText(text))),
  ];
}

const fromPair = "Extracting data value from KV";

function sortByYaml<Item extends { readonly yaml: boolean }>(items: readonly Item[]): readonly Item[] {
  return [...items.filter(({ yaml }) => !yaml), ...items.filter(({ yaml }) => yaml)];
}

/** The library in front of a key or path, and the rest. */
export function splitLibrary(argument: string): { readonly library: string; readonly rest: string } {
  const colon = argument.indexOf(":");
  if (!argument.startsWith("@") || colon === -1) return { library: "", rest: argument };
  if (colon === 1) throw new YttError("Expected library ref to not be empty");
  return { library: argument.slice(0, colon), rest: argument.slice(colon + 1) };
}

function splitKey(argument: string): { readonly library: string; readonly key: string } {
  const { library, rest } = splitLibrary(argument);
  if (rest.includes(":")) throw new YttError(`Expected at most one library-key separator ':' in '${rest}'`);
  return { library, key: rest };
}

function envelope(document: DocumentNode, library: string): ValuesEnvelope {
  if (library === "") return ValuesEnvelope.of(document);
  return new ValuesEnvelope(document, parseLibraryRef(library), false);
}

function fromFile({ argument, files, isSecret = false }: DataValuesFile, strict: boolean): readonly ValuesEnvelope[] {
  const { library, rest } = splitLibrary(argument);
  return files.flatMap(({ path, bytes }) => {
    // A directory of values may hold other files in its subdirectories.
    if (path.includes("/") && typeOfPath(path) !== "yaml") return [];
    const documents = within(`Unmarshaling YAML data values file '${path}'`, () => {
      const text = decodeUtf8(bytes);
      if (text === undefined) throw new YttError("yaml: invalid leading UTF-8 octet");
      return readYaml(text, { file: path, strict, isSecret });
    });
    return documents.items
      .filter(({ value }) => value !== null)
      .map((document) => {
        within(`Checking data values file '${rest}'`, () => annotateForPlainMerge(document));
        return envelope(document, library);
      });
  });
}

function fromEnvironment(
  prefix: string,
  yaml: boolean,
  environment: Iterable<readonly [string, string]>,
  strict: boolean,
): readonly ValuesEnvelope[] {
  const { library, key } = splitKey(prefix);
  const start = `${key}_`;
  const found: ValuesEnvelope[] = [];
  for (const [name, text] of environment) {
    if (!name.startsWith(start)) continue;
    const value = within(`Extracting data value from env variable '${name}'`, () =>
      yaml ? parseYamlValue(text, strict) : text,
    );
    const description = `(data-values-env${yaml ? "-yaml" : ""} arg) ${key}`;
    const document = documentAt(name.slice(start.length).split("__"), value, description, `${name}=${text}`);
    found.push(envelope(document, library));
  }
  return found;
}

function fromKeyValue(argument: string, yaml: boolean, strict: boolean): ValuesEnvelope {
  const [left, text] = splitPair(argument, "Expected format key=value");
  const value = yaml ? within(`Deserializing value for key '${left}'`, () => parseYamlValue(text, strict)) : text;
  const { library, key } = splitKey(left);
  return envelope(documentAt(key.split("."), value, `(data-value${yaml ? "-yaml" : ""} arg)`, argument), library);
}

function fromText({ key: argument, path, bytes }: NonNullable<DataValues["texts"]>[number]): ValuesEnvelope {
  const { library, key } = splitKey(argument);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new YttError(`Expected file '${path}' to hold UTF-8 text`);
  return envelope(documentAt(key.split("."), text, `(data-value-file arg) ${key}=${path}`, text), library);
}

/** @throws YttError without a `=`. */
export function splitPair(argument: string, message: string): readonly [string, string] {
  const at = argument.indexOf("=");
  if (at === -1) throw new YttError(message);
  return [argument.slice(0, at), argument.slice(at + 1)];
}

function parseYamlValue(text: string, strict: boolean): NodeValue {
  return within("Deserializing YAML value", () => readYaml(text, { file: "", strict }).items[0]?.value ?? null);
}

/** A document that sets one value: keys may be missing on the way, the value is replaced as a whole. */
function documentAt(keys: readonly string[], value: NodeValue, description: string, line: string): DocumentNode {
  const position = Position.at({ file: description, lines: [line] }, 1);
  let inner: NodeValue = value;
  for (const [depth, key] of [...keys.entries()].reverse()) {
    const item = new MapItem(key, inner, position);
    item.annotations = depth === keys.length - 1 ? setOrAdd() : mergeOrAdd();
    inner = new MapNode([item], Position.none);
  }
  return new DocumentNode(inner, position);
}
