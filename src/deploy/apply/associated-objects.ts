import {
  annotationsOf,
  apiVersionOf,
  compareCodePoints,
  describeResource,
  kindOf,
  type KubeObject,
  labelsOf,
  namespaceOf,
  uidOf,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import { type Association, type ListContext, listAssociations } from "./association-lists.ts";

/** What controllers made of a workload. */
export interface Associated {
  /** By description, the last first (kapp.md §7.5). */
  readonly objects: readonly KubeObject[];
  /** `false`: there may be other Pods, which could not be listed or which nobody wants to be looked at. */
  readonly isComplete: boolean;
}

export interface AssociatedContext extends ListContext {
  readonly typeOf: (object: KubeObject) => ApiType | undefined;
}

/** Shown only: no fault is read from them. */
const claims = "v1 PersistentVolumeClaim";

/** Kinds of what controllers make of a workload (kapp.md §7.5). */
const childKinds: ReadonlyMap<string, readonly string[]> = new Map([
  ["apps/v1 Deployment", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 DaemonSet", ["apps/v1 ReplicaSet", "v1 Pod"]],
  ["apps/v1 StatefulSet", [claims, "v1 Pod"]],
  ["batch/v1 Job", ["batch/v1 Job", "v1 Pod"]],
]);

/** Finds what belongs to workloads. They explain what is waited for: who may not see them waits without the explanation. */
export async function associatedObjects(
  workloads: readonly KubeObject[],
  context: AssociatedContext,
): Promise<(workload: KubeObject) => Associated> {
  const wanted = new Map(workloads.map((workload) => [workload, wantedOf(workload, context)]));
  const find = await listAssociations(
    [...wanted.values()].flatMap((kinds) => kinds ?? []).flatMap(({ association }) => association ?? []),
    context,
  );
  return (workload) => {
    const lists = wanted.get(workload)?.map(({ kind, association }) => ({
      kind,
      found: association === undefined ? undefined : find(association),
    }));
    const objects = (lists ?? [])
      .flatMap(({ found }) => found ?? [])
      .filter((child) => uidOf(child) !== uidOf(workload))
      .sort((a, b) => compareCodePoints(describeResource(b), describeResource(a)));
    const isComplete = lists?.every(({ kind, found }) => found !== undefined || kind === claims) ?? false;
    return { objects, isComplete };
  };
}

interface WantedKind {
  readonly kind: string;
  /** Absent where the cluster does not serve the kind. */
  readonly association: Association | undefined;
}

/** `undefined` for a workload that nobody wants to be looked at so closely. */
function wantedOf(workload: KubeObject, { typeOf }: AssociatedContext): readonly WantedKind[] | undefined {
  const association = labelsOf(workload)[label.association];
  if (association === undefined || annotationsOf(workload)[annotation.disableAssociatedResourcesWait] !== undefined)
    return undefined;
  const kinds = childKinds.get(`${apiVersionOf(workload)} ${kindOf(workload)}`) ?? [];
  return kinds.map((name) => {
    const [apiVersion = "", kind = ""] = name.split(" ");
    const type = typeOf({ apiVersion, kind });
    const where = { namespace: namespaceOf(workload), association };
    return { kind: name, association: type === undefined ? undefined : { type, ...where } };
  });
}
