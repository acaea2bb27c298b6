import { mapBounded } from "../../base/index.ts";
import { groupVersionKindOf, type KubeObject, nameOf, namespaceOf, uniqueKey } from "../../resource/index.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";
import { typeKey } from "../input/place.ts";
import type { ExistingObject } from "./labelled-objects.ts";

/** From this many unknown objects of one kind and namespace on, one list of names is cheaper than asking for each. */
const listThreshold = 40;

/**
 * Looks up new resources that the labelled list did not show: objects of others, or of nobody, with the same name (kapp.md §9.1 step 5).
 * Many of one kind in one namespace are looked up by one metadata-only list. Types that are not served yet have no objects.
 */
export async function findUnlabelled(
  fresh: readonly KubeObject[],
  typeOf: (object: KubeObject) => ApiType | undefined,
  cluster: DeployCluster,
  concurrency: number,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  const groups = Map.groupBy(fresh, (object) => `${typeKey(groupVersionKindOf(object))}/${namespaceOf(object)}`);
  const found = await Promise.all(
    [...groups.values()].map(async (objects) => {
      const type = objects[0] === undefined ? undefined : typeOf(objects[0]);
      if (type === undefined) return [];
      const candidates =
        objects.length < listThreshold ? objects : await onlyThoseThatExist(objects, type, cluster, signal);
      const answers = await mapBounded(candidates, concurrency, (object) =>
        cluster.get(type, namespaceOf(object), nameOf(object), { signal }),
      );
      return answers
        .filter((object) => object !== undefined)
        .map((object): ExistingObject => ({ object, live: object, type, transient: false }));
    }),
  );
  return found.flat();
}

async function onlyThoseThatExist(
  objects: readonly KubeObject[],
  type: ApiType,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const namespace = objects[0] === undefined ? "" : namespaceOf(objects[0]);
  try {
    const listed = await cluster.list(type, { metadataOnly: true, signal, ...(namespace === "" ? {} : { namespace }) });
    const names = new Set(listed.map(uniqueKey));
    return objects.filter((object) => names.has(uniqueKey(object)));
  } catch (error) {
    // Who may not list may still be allowed to read the objects by name.
    if (isApiFailure(error) && error.status === 403) return objects;
    throw error;
  }
}
