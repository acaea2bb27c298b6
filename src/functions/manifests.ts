/** Keeps the hub equal to a folder of App, Secret and ConfigMap YAML. */
import { isUnknownOrigin, type ManifestSet, watchManifests } from "../adapters/local/index.ts";
import type { Clock, Log } from "../base/index.ts";
import type { Hub } from "../hub/index.ts";
import type { Items } from "../reconcile/index.ts";
import { apiVersionOf, describeResource, kindOf, type KubeObject, nameOf, namespaceOf } from "../resource/index.ts";

/** Owner of the fields that the folder sets; other managers' fields stay. */
const fieldManager = "lateen-manifests";
/** Where the identities of what the folder has put into the hub are kept, so that a restart can delete what is gone meanwhile. */
const partition = "MANIFESTS";

interface Placed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
}

export interface ManifestDeps {
  readonly hub: Hub;
  readonly items: Items;
  readonly clock: Clock;
  readonly log: Log;
}

/** Applies the folder now and on each change until `signal` aborts. Resolves when the first set is in the hub. */
export async function keepManifests(directory: string, deps: ManifestDeps, signal: AbortSignal): Promise<void> {
  const sets = watchManifests(directory, { signal, clock: deps.clock });
  const first = await sets.next();
  if (first.done === true) return;
  await place(first.value, deps);
  const follow = async (): Promise<void> => {
    for await (const set of sets) await place(set, deps);
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) deps.log.error("manifests no longer watched", { directory, error });
  });
}

/** A file with a fault changes nothing: its objects stay as they were. */
async function place(set: ManifestSet, deps: ManifestDeps): Promise<void> {
  const { hub, items, clock, log } = deps;
  for (const { file, line, message } of set.faults) log.error("manifest is wrong", { file, line, fault: message });
  const placed: Placed[] = [];
  for (const { object, origin } of set.objects) {
    const { file } = origin;
    placed.push({
      apiVersion: apiVersionOf(object),
      kind: kindOf(object),
      namespace: namespaceOf(object),
      name: nameOf(object),
      file,
    });
    try {
      const { changed } = await hub.apply(object, { fieldManager });
      if (changed) log.info("manifest applied", { file, resource: describeResource(object) });
    } catch (error) {
      log.error("manifest refused", { file, resource: describeResource(object), error });
    }
  }
  const item = await items.get(partition, "SET", clock.now());
  // Written below, by this function only.
  const before = item === undefined ? [] : (JSON.parse(item.value) as readonly Placed[]);
  const kept: Placed[] = [];
  for (const old of before) {
    if (placed.some((now) => identity(now) === identity(old))) continue;
    if (isUnknownOrigin(set, old.file)) {
      kept.push(old);
      continue;
    }
    await hub.delete(toObject(old));
    log.info("manifest removed", { file: old.file, resource: describeResource(toObject(old)) });
  }
  await items.put({ pk: partition, sk: "SET", value: JSON.stringify([...placed, ...kept]) }, clock.now());
}

function identity({ apiVersion, kind, namespace, name }: Placed): string {
  return [apiVersion, kind, namespace, name].join("\n");
}

function toObject({ apiVersion, kind, namespace, name }: Placed): KubeObject {
  return { apiVersion, kind, metadata: { namespace, name } };
}
