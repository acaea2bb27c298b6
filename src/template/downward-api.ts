/** `downwardAPI` values: fields of the App and facts of its run cluster (app.md §5.5). */
import type { App } from "../app/index.ts";
import { isMap, type Json, type JsonMap, own, setOwn, stringifyYaml, type MutableJsonMap } from "../resource/index.ts";
import type { InputFile } from "../ytt/index.ts";

/** What a template may ask of the run cluster; each is asked once per run, when it is needed. */
export interface ClusterFacts {
  /** `1.34.4`. Rejects with the reason when the cluster does not answer. */
  kubernetesVersion(signal: AbortSignal): Promise<string>;
  /** `v1`, `apps/v1`, … Rejects with the reason when the cluster does not answer. */
  groupVersions(signal: AbortSignal): Promise<readonly string[]>;
}

type Found = { readonly files: readonly InputFile[] } | { readonly refusal: string };

interface Sources {
  readonly app: App;
  readonly cluster: ClusterFacts;
}

/** One file per item, so that later items are merged over earlier ones. */
export async function downwardFiles(
  items: readonly JsonMap[],
  sources: Sources,
  { signal }: { readonly signal: AbortSignal },
): Promise<Found> {
  const files: InputFile[] = [];
  for (const [index, item] of items.entries()) {
    const name = own(item, "name");
    const text = typeof name === "string" ? name : "";
    const keys = splitName(text);
    if (keys === undefined)
      return {
        refusal: `Invalid name was provided '${text}' (hint: separate paths should only use a single '.' character)`,
      };
    const value = await valueOf(item, sources, signal);
    if ("refusal" in value) return value;
    const yaml = stringifyYaml(nested(keys, value.value), { keyOrder: "given", width: "unlimited" });
    files.push({ path: `downwardapi_${index}.yaml`, bytes: new TextEncoder().encode(yaml) });
  }
  return { files };
}

/** `a.b` is `b` within `a`; `\.` is a dot of a name. */
function splitName(name: string): readonly string[] | undefined {
  const keys = name.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
  return keys.includes("") ? undefined : keys;
}

function nested(keys: readonly string[], value: Json): Json {
  return keys.reduceRight<Json>((inner, key) => {
    const map: MutableJsonMap = {};
    setOwn(map, key, structuredClone(inner) as never);
    return map;
  }, value);
}

type Value = { readonly value: Json } | { readonly refusal: string };

async function valueOf(item: JsonMap, { app, cluster }: Sources, signal: AbortSignal): Promise<Value> {
  const fieldPath = own(item, "fieldPath");
  if (typeof fieldPath === "string" && fieldPath !== "") return fieldOf(app, fieldPath);
  const kubernetes = own(item, "kubernetesVersion");
  if (isMap(kubernetes)) {
    const given = own(kubernetes, "version");
    if (typeof given === "string" && given !== "") return { value: given };
    return attempt("Unable to get kubernetes version", () => cluster.kubernetesVersion(signal), signal);
  }
  if (isMap(own(item, "kappControllerVersion"))) {
    const given = own(own(item, "kappControllerVersion"), "version");
    return { value: typeof given === "string" && given !== "" ? given : followedKappControllerVersion };
  }
  const apis = own(item, "kubernetesAPIs");
  if (isMap(apis)) {
    const given = own(apis, "groupVersions");
    if (Array.isArray(given) && given.length > 0) return { value: given };
    return attempt("Unable to list all server apigroups/version", () => cluster.groupVersions(signal), signal);
  }
  return { refusal: "Invalid downward API item given" };
}

/** Templates ask for this to know what the App's fields mean. */
const followedKappControllerVersion = "0.54.0";

async function attempt(
  failure: string,
  read: () => Promise<string | readonly string[]>,
  signal: AbortSignal,
): Promise<Value> {
  try {
    return { value: await read() };
  } catch (error) {
    signal.throwIfAborted();
    return { refusal: `${failure}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const invalidField = "Invalid field spec provided to DownwardAPI. Only single supported fields are allowed";

function fieldOf(app: App, path: string): Value {
  const match = /^\{?\.?(?<field>[^[\]{}]+)(?:\[(?<quote>['"])(?<key>.+)\k<quote>\])?\}?$/.exec(path);
  if (match?.groups === undefined)
    return {
      refusal:
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    };
  const { field = "", key } = match.groups;
  const [base = "", ...below] = field
    .split(/(?<!\\)\./)
    .slice(1)
    .map((piece) => piece.replaceAll("\\.", "."));
  if (!field.startsWith("metadata.")) return { refusal: invalidField };
  const name = key?.replaceAll("\\.", ".") ?? (below.length > 0 ? below.join(".") : undefined);
  switch (base) {
    case "name":
    case "namespace":
    case "uid":
      return name === undefined ? { value: app[base] } : { refusal: invalidField };
    case "labels":
    case "annotations":
      return memberOf(app[base], name, path);
    default:
      return { refusal: invalidField };
  }
}

function memberOf(members: Readonly<Record<string, string>>, name: string | undefined, path: string): Value {
  if (name === undefined) return { value: { ...members } };
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  return value === undefined ? { refusal: `${path} is not found` } : { value };
}
