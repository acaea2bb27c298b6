import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, type Tags } from "yaml";

/** One action of a step; which members are there says what it is. */
export interface Action {
  readonly commit?: string;
  readonly branch?: string;
  readonly tags?: readonly string[];
  readonly annotatedTags?: readonly string[];
  readonly message?: string;
  readonly orphan?: boolean;
  readonly apply?: string;
  readonly delete?: string;
  readonly patchApp?: unknown;
  readonly deleteApp?: boolean;
  readonly sync?: boolean;
  readonly syncApp?: string;
  readonly waitApp?: string;
  readonly sleep?: number;
  readonly patch?: string;
  readonly with?: unknown;
  readonly type?: string;
  readonly subresource?: string;
  readonly retry?: boolean;
  readonly remove?: string;
  readonly http?: readonly [string, string];
  readonly kubeconfig?: "remove" | "restore";
}

export interface Step {
  readonly do: readonly Action[];
  /** `settled` (default), `gone`, `paused`, `deleting`, `after N seconds`. */
  readonly until?: string;
  readonly noState?: boolean;
}

/** A case as it was recorded with kapp-controller; the folder's README says what the members mean. */
export interface RecordedCase {
  readonly name: string;
  readonly directory: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Name of the App. */
  readonly app: string;
  /** Suffixes of further namespaces. */
  readonly namespaces: readonly string[];
  /** Namespace suffixes that get the kubeconfig Secret. */
  readonly kubeconfigIn: readonly string[];
  readonly watch: readonly string[];
  readonly push: readonly unknown[];
  readonly steps: readonly Step[];
  /** Text of every input file by its path in the case. */
  readonly inputs: ReadonlyMap<string, string>;
}

export function readCases(directory: string): readonly RecordedCase[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, "case.json")))
    .map(({ name }) => readCase(join(directory, name), name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What came out of a step: YAML documents, placeholders in them; `undefined` where nothing was recorded. */
export function expectedOf(
  recorded: RecordedCase,
  step: number,
  part: "app" | "state",
): readonly unknown[] | undefined {
  const path = join(recorded.directory, "expected", `step${step}.${part}.yaml`);
  return existsSync(path) ? parseYaml(readFileSync(path, "utf8")) : undefined;
}

/**
 * Documents of a YAML 1.1 stream as its writer, PyYAML, means it: `y` and `n` are texts, a float has a point. Empty documents are left out.
 */
export function parseYaml(text: string): readonly unknown[] {
  return parseAllDocuments(text, { version: "1.1", customTags: (tags) => tags.map(likePyYaml) })
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null && value !== undefined);
}

function likePyYaml(tag: Tags[number]): Tags[number] {
  if (typeof tag === "string" || !("test" in tag) || tag.test === undefined) return tag;
  if (tag.tag.endsWith(":bool")) return { ...tag, test: new RegExp(`(?=..)(?:${tag.test.source})`) };
  return tag.tag.endsWith(":float") && tag.test.test("1e3")
    ? { ...tag, test: new RegExp(`(?=.*\\.)(?:${tag.test.source})`) }
    : tag;
}

function readCase(directory: string, name: string): RecordedCase {
  // case.json is part of the recorded data; its members are described there.
  const json = JSON.parse(readFileSync(join(directory, "case.json"), "utf8")) as Partial<RecordedCase>;
  return {
    name,
    directory,
    description: json.description ?? "",
    tags: json.tags ?? [],
    app: json.app ?? "app",
    namespaces: json.namespaces ?? [],
    kubeconfigIn: json.kubeconfigIn ?? [""],
    watch: json.watch ?? [],
    push: json.push ?? [],
    steps: json.steps ?? [],
    inputs: readInputs(directory),
  };
}

function readInputs(directory: string): ReadonlyMap<string, string> {
  const inputs = new Map<string, string>();
  for (const path of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (path === "case.json" || path.startsWith("expected")) continue;
    const full = join(directory, path);
    if (statSync(full, { throwIfNoEntry: false })?.isFile() === true) inputs.set(path, readFileSync(full, "utf8"));
  }
  return inputs;
}
