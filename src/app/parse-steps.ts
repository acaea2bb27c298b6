import { isMap, type Json, type JsonMap, own } from "../resource/index.ts";
import type {
  AppReference,
  FetchStep,
  GitFetch,
  InlineFiles,
  PathsFrom,
  TemplateStep,
  UnbuiltFetchKind,
  UnbuiltTemplateKind,
  ValuesFrom,
  VersionSelection,
  YttStep,
} from "./app.ts";
import { flagOf, listOf, optionalMap, stringsOf, textOf } from "./read.ts";

/** If an entry names several kinds the first of these wins without a word (app.md §1.2, §1.3). */
const fetchOrder = ["inline", "image", "http", "git", "helmChart", "imgpkgBundle"] as const;
const templateOrder = ["ytt", "kbld", "helmTemplate", "sops", "cue", "kustomize", "jsonnet"] as const;

export function parseFetchStep(step: Json): FetchStep {
  const path = textOf(step, "path");
  const place = path === "" ? {} : { path };
  const kind = fetchOrder.find((candidate) => isMap(own(step, candidate)));
  const body = kind === undefined ? undefined : optionalMap(step, kind);
  if (body === undefined || kind === undefined) return { type: "unsupported", kind: "none", ...place, references: [] };
  switch (kind) {
    case "inline":
      return { type: "inline", ...place, ...parseInline(body) };
    case "git":
      return { type: "git", ...place, ...parseGit(body) };
    default:
      return { type: "unsupported", kind, ...place, references: secretsOfFetch(kind, body) };
  }
}

export function parseTemplateStep(step: Json): TemplateStep {
  const kind = templateOrder.find((candidate) => isMap(own(step, candidate)));
  const body = kind === undefined ? undefined : optionalMap(step, kind);
  if (body === undefined || kind === undefined) return { type: "unsupported", kind: "none", references: [] };
  if (kind === "ytt") return { type: "ytt", ...parseYtt(body) };
  return { type: "unsupported", kind, references: referencesOfTemplate(kind, body) };
}

/** References of inline files and values: what a change of a Secret or ConfigMap must trigger (app.md §3.4). */
export function referencesOfInline(inline: InlineFiles): readonly AppReference[] {
  return inline.pathsFrom.flatMap(({ kind, name }) => (kind === "none" || name === "" ? [] : [{ kind, name }]));
}

export function referencesOfValues(valuesFrom: readonly ValuesFrom[]): readonly AppReference[] {
  return valuesFrom.flatMap((source) =>
    (source.type === "secret" || source.type === "configMap") && source.name !== ""
      ? [{ kind: source.type, name: source.name }]
      : [],
  );
}

function parseInline(inline: JsonMap): InlineFiles {
  const paths = new Map<string, string>();
  for (const [path, content] of Object.entries(optionalMap(inline, "paths") ?? {}))
    if (typeof content === "string") paths.set(path, content);
  return { paths, pathsFrom: listOf(inline, "pathsFrom").map(parsePathsFrom) };
}

function parsePathsFrom(source: Json): PathsFrom {
  for (const [field, kind] of [
    ["secretRef", "secret"],
    ["configMapRef", "configMap"],
  ] as const) {
    const reference = optionalMap(source, field);
    if (reference !== undefined)
      return { kind, name: textOf(reference, "name"), directoryPath: textOf(reference, "directoryPath") };
  }
  return { kind: "none", name: "", directoryPath: "" };
}

function parseGit(git: JsonMap): GitFetch {
  const secretName = textOf(own(git, "secretRef"), "name");
  const selection = optionalMap(git, "refSelection");
  const depth = own(git, "depth");
  return {
    url: textOf(git, "url"),
    ref: textOf(git, "ref"),
    ...(selection === undefined ? {} : { refSelection: parseSelection(selection) }),
    ...(secretName === "" ? {} : { secretName }),
    subPath: textOf(git, "subPath"),
    lfsSkipSmudge: flagOf(git, "lfsSkipSmudge"),
    forceHttpBasicAuth: flagOf(git, "forceHTTPBasicAuth"),
    ...(typeof depth === "number" ? { depth } : {}),
  };
}

function parseSelection(selection: JsonMap): VersionSelection {
  const semver = own(selection, "semver");
  const prereleases = optionalMap(semver, "prereleases");
  return {
    constraints: textOf(semver, "constraints"),
    ...(prereleases === undefined ? {} : { prereleaseIdentifiers: stringsOf(prereleases, "identifiers") }),
    raw: selection,
  };
}

function parseYtt(ytt: JsonMap): YttStep {
  const inline = optionalMap(ytt, "inline");
  return {
    ignoreUnknownComments: flagOf(ytt, "ignoreUnknownComments"),
    strict: flagOf(ytt, "strict"),
    ...(inline === undefined ? {} : { inline: parseInline(inline) }),
    paths: stringsOf(ytt, "paths"),
    fileMarks: stringsOf(ytt, "fileMarks"),
    valuesFrom: listOf(ytt, "valuesFrom").map(parseValuesFrom),
  };
}

function parseValuesFrom(source: Json): ValuesFrom {
  const secret = optionalMap(source, "secretRef");
  if (secret !== undefined) return { type: "secret", name: textOf(secret, "name") };
  const configMap = optionalMap(source, "configMapRef");
  if (configMap !== undefined) return { type: "configMap", name: textOf(configMap, "name") };
  const path = textOf(source, "path");
  if (path !== "") return { type: "path", path };
  const downward = optionalMap(source, "downwardAPI");
  return downward === undefined
    ? { type: "none" }
    : { type: "downwardAPI", items: listOf(downward, "items").filter(isMap) };
}

function secretsOfFetch(kind: UnbuiltFetchKind, body: JsonMap): readonly AppReference[] {
  const holder = kind === "helmChart" ? own(body, "repository") : body;
  const name = textOf(own(holder, "secretRef"), "name");
  return name === "" ? [] : [{ kind: "secret", name }];
}

function referencesOfTemplate(kind: UnbuiltTemplateKind, body: JsonMap): readonly AppReference[] {
  if (kind !== "sops") return referencesOfValues(listOf(body, "valuesFrom").map(parseValuesFrom));
  // lateen also follows the private keys, which kapp-controller misses (app.md §3.4).
  const keys = optionalMap(body, "pgp") ?? optionalMap(body, "age");
  const name = textOf(own(keys, "privateKeysSecretRef"), "name");
  return name === "" ? [] : [{ kind: "secret", name }];
}
