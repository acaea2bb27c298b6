import {
  annotationsOf,
  apiVersionOf,
  isMap,
  type Json,
  type JsonMap,
  kindOf,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  own,
  uidOf,
} from "../resource/index.ts";
import type { App, AppCluster, AppProblem, AppSpec, DeployStep } from "./app.ts";
import { parseGoDuration } from "./duration.ts";
import { parseFetchStep, parseTemplateStep } from "./parse-steps.ts";
import { flagOf, listOf, optionalMap, stringsOf, textOf } from "./read.ts";
import { appResource, appSchema } from "./schema.ts";
import { readAppStatus } from "./status-json.ts";
import { prune, typeProblems } from "./structural.ts";

/**
 * Reads an App object. Unknown fields are ignored, types are exact: each problem names its field in the words of an API server.
 * What a field means is judged by the stage that uses it (`fetchProblem`, `templateProblem`, `deployProblem`).
 */
export function parseApp(object: KubeObject): { readonly app: App } | { readonly problems: readonly AppProblem[] } {
  const problems = [
    ...identityProblems(object),
    ...typeProblems(withoutStatus(object), appSchema, ""),
    ...durationProblems(object),
  ];
  if (problems.length > 0) return { problems };
  const metadata = own(object, "metadata");
  const generation = own(metadata, "generation");
  const deletionTimestamp = textOf(metadata, "deletionTimestamp");
  return {
    app: {
      namespace: namespaceOf(object),
      name: nameOf(object),
      uid: uidOf(object),
      generation: typeof generation === "number" ? generation : 0,
      labels: labelsOf(object),
      annotations: annotationsOf(object),
      finalizers: stringsOf(metadata, "finalizers"),
      ...(deletionTimestamp === "" ? {} : { deletionTimestamp }),
      spec: parseSpec(own(object, "spec")),
      status: readAppStatus(own(object, "status")),
    },
  };
}

/** The App without the fields that its schema does not know, as an API server stores it. */
export function pruneAppFields(object: KubeObject): KubeObject {
  // Pruning a map gives a map.
  return prune(object, appSchema) as JsonMap;
}

/** Only the problems: for answering a write before anything is stored. */
export function appProblems(object: KubeObject): readonly AppProblem[] {
  const parsed = parseApp(object);
  return "problems" in parsed ? parsed.problems : [];
}

function identityProblems(object: KubeObject): readonly AppProblem[] {
  const problems: AppProblem[] = [];
  const apiVersion = `${appResource.group}/${appResource.version}`;
  if (kindOf(object) !== appResource.kind || apiVersionOf(object) !== apiVersion) {
    const found = `${apiVersionOf(object)} ${kindOf(object)}`;
    problems.push({
      path: "apiVersion",
      message: `Expected kind '${appResource.kind}' of '${apiVersion}', but was '${found}'`,
    });
  }
  if (nameOf(object) === "")
    problems.push({ path: "metadata.name", message: "Required value: name or generateName is required" });
  return problems;
}

/** A status is ours, not the user's: it is read leniently and never makes an App unusable. */
function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  return rest;
}

function durationProblems(object: KubeObject): readonly AppProblem[] {
  const text = textOf(own(object, "spec"), "syncPeriod");
  if (text === "") return [];
  const parsed = parseGoDuration(text);
  return "problem" in parsed
    ? [{ path: "spec.syncPeriod", message: `Invalid value: ${JSON.stringify(text)}: ${parsed.problem}` }]
    : [];
}

function parseSpec(spec: Json | undefined): AppSpec {
  const cluster = optionalMap(spec, "cluster");
  const syncPeriod = parseGoDuration(textOf(spec, "syncPeriod"));
  return {
    serviceAccountName: textOf(spec, "serviceAccountName"),
    ...(cluster === undefined ? {} : { cluster: parseCluster(cluster) }),
    defaultNamespace: textOf(spec, "defaultNamespace"),
    fetch: listOf(spec, "fetch").map(parseFetchStep),
    template: listOf(spec, "template").map(parseTemplateStep),
    deploy: listOf(spec, "deploy").map(parseDeployStep),
    paused: flagOf(spec, "paused"),
    canceled: flagOf(spec, "canceled"),
    ...("ms" in syncPeriod ? { syncPeriodMs: syncPeriod.ms } : {}),
    noopDelete: flagOf(spec, "noopDelete"),
  };
}

function parseCluster(cluster: JsonMap): AppCluster {
  const reference = optionalMap(cluster, "kubeconfigSecretRef");
  const key = textOf(reference, "key");
  return {
    namespace: textOf(cluster, "namespace"),
    ...(reference === undefined
      ? {}
      : { kubeconfigSecretRef: { name: textOf(reference, "name"), key: key === "" ? "value" : key } }),
  };
}

function parseDeployStep(step: Json): DeployStep {
  const kapp = own(step, "kapp");
  if (!isMap(kapp)) return { type: "unsupported" };
  const inspect = optionalMap(kapp, "inspect");
  return {
    type: "kapp",
    intoNs: textOf(kapp, "intoNs"),
    mapNs: stringsOf(kapp, "mapNs"),
    rawOptions: stringsOf(kapp, "rawOptions"),
    ...(inspect === undefined ? {} : { inspect: { rawOptions: stringsOf(inspect, "rawOptions") } }),
    delete: { rawOptions: stringsOf(own(kapp, "delete"), "rawOptions") },
  };
}
