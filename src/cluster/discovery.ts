import { isList, isMap, type Json, type JsonMap, own } from "../resource/index.ts";
import { type ApiClient, badAnswer } from "./api-client.ts";
import type { ApiType, Discovery } from "./cluster.ts";
import { ClusterError } from "./cluster-error.ts";
import { textOf } from "./text-of.ts";

type Failed = Discovery["failed"][number];

/** The aggregated form, newest first; servers before 1.26 answer the plain one. */
const aggregatedAccept = [
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
  "application/json",
].join(",");

/** All types that the server serves: two calls, or one per group-version on old servers. Group-versions that fail are reported, not left out. */
export async function discoverTypes(client: ApiClient): Promise<Discovery> {
  const parts = await Promise.all(
    ["/api", "/apis"].map((root) => get(client, root, aggregatedAccept, (answer) => answer)),
  );
  const found = await Promise.all(
    parts.map(async (answer, index) => {
      if (own(answer, "kind") === "APIGroupDiscoveryList") return readAggregated(answer);
      return readPlain(client, index === 0 ? coreVersions(answer) : groupVersions(answer));
    }),
  );
  return { types: found.flatMap(({ types }) => types), failed: found.flatMap(({ failed }) => failed) };
}

function readAggregated(answer: JsonMap): Discovery {
  const types: ApiType[] = [];
  const failed: Failed[] = [];
  for (const item of requiredList(answer, "items")) {
    const group = textOf(own(own(item, "metadata"), "name"));
    for (const entry of requiredList(item, "versions")) {
      const version = textOf(own(entry, "version"));
      if (own(entry, "freshness") === "Stale") {
        failed.push({
          groupVersion: groupVersionText(group, version),
          message: "its API server could not be asked lately",
        });
        continue;
      }
      for (const resource of optionalList(entry, "resources")) {
        const kind = own(resource, "responseKind");
        types.push({
          group: textOf(own(kind, "group")) || group,
          version: textOf(own(kind, "version")) || version,
          kind: textOf(own(kind, "kind")),
          resource: textOf(own(resource, "resource")),
          namespaced: own(resource, "scope") === "Namespaced",
          verbs: optionalList(resource, "verbs").map(textOf),
        });
      }
    }
  }
  return { types: types.filter(isUsable), failed };
}

function coreVersions(answer: JsonMap): readonly string[] {
  return requiredList(answer, "versions").map(textOf);
}

/** The preferred version of each group first. */
function groupVersions(answer: JsonMap): readonly string[] {
  return requiredList(answer, "groups").flatMap((group) => {
    const preferred = textOf(own(own(group, "preferredVersion"), "groupVersion"));
    const all = requiredList(group, "versions").map((version) => textOf(own(version, "groupVersion")));
    return [...all.filter((name) => name === preferred), ...all.filter((name) => name !== preferred)];
  });
}

async function readPlain(client: ApiClient, names: readonly string[]): Promise<Discovery> {
  const parts = await Promise.all(
    names.map(async (groupVersion): Promise<Discovery> => {
      const root = groupVersion.includes("/") ? "/apis" : "/api";
      try {
        const types = await get(client, `${root}/${groupVersion}`, "application/json", (answer) =>
          plainTypes(answer, groupVersion),
        );
        return { types, failed: [] };
      } catch (error) {
        // One broken aggregated API must not hide the others; a cluster that cannot be reached at all has failed before.
        if (error instanceof ClusterError) return { types: [], failed: [{ groupVersion, message: error.message }] };
        throw error;
      }
    }),
  );
  return { types: parts.flatMap(({ types }) => types), failed: parts.flatMap(({ failed }) => failed) };
}

function plainTypes(answer: JsonMap, groupVersion: string): readonly ApiType[] {
  const [first = "", second] = groupVersion.split("/", 2);
  const [group, version] = second === undefined ? ["", first] : [first, second];
  return requiredList(answer, "resources")
    .map((resource) => ({
      group: textOf(own(resource, "group")) || group,
      version: textOf(own(resource, "version")) || version,
      kind: textOf(own(resource, "kind")),
      resource: textOf(own(resource, "name")),
      namespaced: own(resource, "namespaced") === true,
      verbs: optionalList(resource, "verbs").map(textOf),
    }))
    .filter((type) => isUsable(type) && !type.resource.includes("/"));
}

function isUsable(type: ApiType): boolean {
  return type.kind !== "" && type.resource !== "" && type.version !== "";
}

function get<Result>(
  client: ApiClient,
  path: string,
  accept: string,
  read: (answer: JsonMap) => Result,
): Promise<Result> {
  return client.call({ method: "GET", title: `Discovering types (${path})`, terse: `get ${path}`, path, accept }, read);
}

function groupVersionText(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

/** A list that must be there: without it the answer says nothing about what is served. */
function requiredList(map: Json | undefined, key: string): readonly Json[] {
  const value = own(map, key);
  if (!isMap(map) || !isList(value)) throw badAnswer(`the discovery answer has no ${key}`);
  return value;
}

function optionalList(map: Json | undefined, key: string): readonly Json[] {
  const value = own(map, key);
  return isList(value) ? value : [];
}
