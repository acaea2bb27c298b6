import { createHash } from "node:crypto";
import {
  annotationsOf,
  type GroupKind,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
  stringifyJson,
  uidOf,
} from "../../resource/index.ts";
import { label } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import { intAt } from "../fields.ts";

/** One object that an App left on its cluster: enough to see in a metadata-only LIST whether it moved (design.md §6). */
export interface InventoryEntry {
  readonly type: ApiType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Absent for kinds that have none (ConfigMap, Secret…). */
  readonly generation?: number;
  /** SHA-256 of labels and annotations. */
  readonly metaDigest: string;
  /** Value of the app label. */
  readonly appLabel: string;
}

/** Works on whole objects and on metadata alone. */
export function inventoryEntryOf(object: KubeObject, type: ApiType): InventoryEntry {
  const generation = intAt(object, "metadata", "generation");
  return {
    type,
    namespace: namespaceOf(object),
    name: nameOf(object),
    uid: uidOf(object),
    resourceVersion: resourceVersionOf(object),
    ...(generation === undefined ? {} : { generation }),
    metaDigest: metaDigest(object),
    appLabel: labelsOf(object)[label.app] ?? "",
  };
}

function metaDigest(object: KubeObject): string {
  const text = stringifyJson({ labels: labelsOf(object), annotations: annotationsOf(object) }, { sortKeys: true });
  return createHash("sha256").update(text).digest("base64");
}

/** What an App's status says of its resources (app.md §2.1). */
export interface AssociatedResources {
  /** `kapp.k14s.io/app=<number>`. */
  readonly label: string;
  readonly namespaces: readonly string[];
  readonly groupKinds: readonly GroupKind[];
}
