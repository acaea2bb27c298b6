import { mapBounded } from "../../base/index.ts";
import { type KubeObject, nameOf, stringifyJson, uidOf } from "../../resource/index.ts";
import { label } from "../annotations.ts";
import { DeployError } from "../failure.ts";
import { textAt } from "../fields.ts";
import { type AppRecord, type LastChange, lastChangeJson } from "../record/app-record.ts";
import { calling, createOnce, deleteOnce, isConflict, isOutcomeUnknown } from "./api-calls.ts";
import type { RecordContext } from "./record-writer.ts";

/** API servers end generated names like this, and cut what stands before. */
const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const maxGeneratedPrefix = 58;

/** A name for the next app-change ConfigMap, as an API server would generate it: the record can point to it in the same moment. */
export function newChangeName(app: string, random: () => number): string {
  let suffix = "";
  for (let i = 0; i < suffixLength; i++) suffix += suffixLetters.charAt(Math.floor(random() * suffixLetters.length));
  return `${`${app}-change-`.slice(0, maxGeneratedPrefix)}${suffix}`;
}

/** Longest label value. */
const maxLabelLength = 63;

/** Writes the ConfigMap of an app change (kapp.md §1.4). */
export async function storeAppChange(
  name: string,
  record: AppRecord,
  usesAppLabel: boolean,
  context: RecordContext,
): Promise<void> {
  const { cluster, type, namespace, signal } = context;
  const app = context.name;
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      generateName: `${app}-change-`,
      namespace,
      labels: {
        [label.isAppChange]: "",
        ...(app.length <= maxLabelLength || !usesAppLabel ? { [label.appChangeApp]: app } : {}),
        [label.appChangeAppLabel]: record.labelValue,
      },
    },
    data: { spec: stringifyJson(lastChangeJson(record.lastChange)) },
  };
  await createOnce({
    send: () => calling("", "Creating", object, () => cluster.create(type, namespace, object, { signal })),
    read: () => calling("", "Getting", object, () => cluster.get(type, namespace, name, { signal })),
    // The random name makes it ours.
    isOurs: () => true,
  });
}

const finishTries = 3;

/** Brings an app change up to date; one that somebody removed stays removed. */
export async function finishAppChange(name: string, change: LastChange, context: RecordContext): Promise<void> {
  const { cluster, type, namespace, signal } = context;
  for (let attempt = 0; attempt < finishTries; attempt++) {
    const place: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
    const current = await calling("", "Getting", place, () => cluster.get(type, namespace, name, { signal }));
    if (current === undefined) return;
    const spec = stringifyJson(lastChangeJson(change));
    if (textAt(current, "data", "spec") === spec) return;
    const object: KubeObject = { ...current, data: { spec } };
    try {
      await calling("", "Updating", current, () => cluster.replace(type, namespace, name, object, { signal }));
      return;
    } catch (error) {
      if (!isConflict(error) && !isOutcomeUnknown(error)) throw error;
    }
  }
}

/** Deletes the oldest app changes, never `current`, until `keep` are left; answers how many were deleted. */
export async function trimAppChanges(
  record: AppRecord,
  keep: number,
  current: string,
  context: RecordContext,
): Promise<number> {
  const { cluster, type, namespace, signal } = context;
  const changes = await cluster.list(type, {
    namespace,
    labelSelector: `${label.isAppChange}=,${label.appChangeAppLabel}=${record.labelValue}`,
    signal,
  });
  const oldest = [...changes].sort((a, b) => startOf(a) - startOf(b)).filter((change) => nameOf(change) !== current);
  const surplus = oldest.slice(0, Math.max(0, changes.length - keep));
  await mapBounded(surplus, 10, (change) =>
    deleteOnce(() =>
      calling("", "Deleting", change, () =>
        cluster.delete(type, namespace, nameOf(change), { uid: uidOf(change) }, { signal }),
      ),
    ),
  );
  return surplus.length;
}

/** Creation times have whole seconds only; the change itself knows better. */
function startOf(change: KubeObject): number {
  const startedAt = /"startedAt":"([^"]*)"/.exec(textAt(change, "data", "spec"))?.[1] ?? "";
  return Date.parse(startedAt) || Date.parse(textAt(change, "metadata", "creationTimestamp")) || 0;
}

/** Bookkeeping after the deed: its failure changes nothing about the outcome, but a later writer always counts. */
export async function settleQuietly(context: RecordContext, what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof DeployError && error.failure.code === "DEPLOY_FENCED") throw error;
    context.log.warn("deploy bookkeeping failed", { what, error });
  }
}
