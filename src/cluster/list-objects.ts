import { isList, isMap, type Json, type JsonMap, type KubeObject, nameOf, own } from "../resource/index.ts";
import { type ApiClient, badAnswer } from "./api-client.ts";
import { apiVersionText, collectionPath, resourceText } from "./api-path.ts";
import type { ApiType, ListOptions } from "./cluster.ts";
import { ClusterError } from "./cluster-error.ts";
import { textOf } from "./text-of.ts";

/** reliability.md L26. */
const pageSize = 500;
/** Metadata holds 256 KiB at most where an object may hold over 1 MiB: four times as many are no more memory, and one LIST serves 1,000 objects. */
const metadataPageSize = 2_000;
const maxRestarts = 3;

const metadataAccept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

interface Page {
  readonly items: readonly KubeObject[];
  readonly next: string;
}

/**
 * The whole list or an error: when the server has forgotten the snapshot (410) it begins again, up to 3 times; a page that is no list of
 * this type is never taken for an empty one.
 */
export async function listObjects(
  client: ApiClient,
  type: ApiType,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  for (let restart = 0; ; restart++) {
    try {
      return await listOnce(client, type, options);
    } catch (error) {
      const isExpired = error instanceof ClusterError && error.status === 410;
      if (!isExpired || restart >= maxRestarts) throw error;
    }
  }
}

async function listOnce(client: ApiClient, type: ApiType, options: ListOptions): Promise<readonly KubeObject[]> {
  const items: KubeObject[] = [];
  const seen = new Set<string>();
  let next = "";
  do {
    const page = await readPage(client, type, options, next);
    for (const item of page.items) items.push(item);
    next = page.next;
    if (seen.has(next)) throw badAnswer(`Listing ${type.resource}: the server gave the same page twice`);
    seen.add(next);
  } while (next !== "");
  return items;
}

function readPage(client: ApiClient, type: ApiType, options: ListOptions, next: string): Promise<Page> {
  const { namespace = "", labelSelector, fieldSelector, metadataOnly = false, signal } = options;
  const qualified = resourceText(type);
  const where = type.namespaced && namespace !== "" ? ` in namespace ${namespace}` : "";
  return client.call(
    {
      method: "GET",
      title: `Listing ${qualified}${where}`,
      terse: `get ${qualified}`,
      path: collectionPath(type, namespace, {
        labelSelector,
        fieldSelector,
        limit: String(metadataOnly ? metadataPageSize : pageSize),
        continue: next,
      }),
      ...(metadataOnly ? { accept: metadataAccept } : {}),
      signal,
    },
    (answer) => toPage(answer, type, metadataOnly),
  );
}

function toPage(answer: JsonMap, type: ApiType, metadataOnly: boolean): Page {
  if (!isListOf(answer, type, metadataOnly))
    throw badAnswer(`the answer is a ${textOf(own(answer, "kind"))}, not a ${type.kind}List`);
  const items = isEmptyMetadataList(answer) ? [] : own(answer, "items");
  if (!isList(items)) throw badAnswer("the list has no items");
  const next = own(own(answer, "metadata"), "continue") ?? "";
  if (typeof next !== "string") throw badAnswer("the list's continue token is no text");
  return { items: items.map((item) => toItem(item, type)), next };
}

/** A CRD may call its list as it likes, so for groups that a CRD can have only the group and version are compared. */
function isListOf(answer: JsonMap, type: ApiType, metadataOnly: boolean): boolean {
  const kind = textOf(own(answer, "kind"));
  if (kind === `${type.kind}List` || (metadataOnly && kind === "PartialObjectMetadataList")) return true;
  return type.group.includes(".") && textOf(own(answer, "apiVersion")) === apiVersionText(type) && kind !== "Status";
}

/** API servers write an empty metadata list as `items: null`, and only that one; the resourceVersion shows that it is whole. */
function isEmptyMetadataList(answer: JsonMap): boolean {
  const isMetadataList = own(answer, "kind") === "PartialObjectMetadataList" && own(answer, "items") === null;
  return isMetadataList && textOf(own(own(answer, "metadata"), "resourceVersion")) !== "";
}

/** Items of built-in lists carry no apiVersion and kind, those of metadata lists carry PartialObjectMetadata: both get the type's own. */
function toItem(item: Json, type: ApiType): KubeObject {
  if (!isMap(item) || nameOf(item) === "") throw badAnswer(`the list holds an item that is no ${type.kind}`);
  return { ...item, apiVersion: apiVersionText(type), kind: type.kind };
}
