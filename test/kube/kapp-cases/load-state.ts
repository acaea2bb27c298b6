/** Puts a recorded state into a cluster, as if kapp had been at work there. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, isClusterError } from "../../../src/cluster/index.ts";
import {
  apiVersionOf,
  type KubeObject,
  kindOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
} from "../../../src/resource/index.ts";
import { type CaseFile, type ExpectedState, withNamespace } from "./case-file.ts";

/** Placeholders of the recording that stand for values which cannot be known again. */
const unknowable = /\b(NONDETERMINISTIC|NODEPORT|UID|IP\d|NODE|RSHASH|SHA256 [0-9a-f]{64})\b/;

/** Why a recorded state cannot be put into a cluster as it was; `undefined` when it can. */
export function cannotLoad(state: ExpectedState): string | undefined {
  const [first] = unknowable.exec(JSON.stringify(state.objects)) ?? [];
  return first === undefined ? undefined : `${first.split(" ")[0]} was not recorded`;
}

/** Namespaces and CRDs first; what its kind is not served for yet is tried again. */
export async function loadState(file: CaseFile, state: ExpectedState, cluster: Cluster): Promise<void> {
  const labels = new Map<string, string>();
  // Lists go over all namespaces: each case has label values of its own.
  const ofTheCase = createHash("sha256").update(file.name).digest().readUIntBE(0, 6);
  const resolve = <Value>(value: Value): Value => {
    const text = withNamespace(JSON.stringify(value), file.namespace)
      .replace(/\bAPPLABEL(-[a-z0-9.-]+)?\b/g, (name) => {
        const known =
          labels.get(name) ?? `17${String(ofTheCase).padStart(15, "0")}${String(labels.size).padStart(2, "0")}`;
        labels.set(name, known);
        return known;
      })
      .replace(/\bTIME\b/g, "2026-01-02T03:04:05Z")
      .replace(/-change-RAND\b/g, "-change-xxxxx");
    return JSON.parse(text) as Value;
  };
  const objects: KubeObject[] = [
    // The cases are JSON in YAML: what was read from an API server.
    ...state.objects.map(({ object }) => resolve(object) as KubeObject),
    ...resolve(state.appRecords).map(configMapOf),
    ...resolve(state.appChanges)
      .slice(-1)
      .map((change) => configMapOf({ ...change, name: `${String(change["namePrefix"])}xxxxx` })),
  ];
  const rank = (object: KubeObject): number => ["Namespace", "CustomResourceDefinition"].indexOf(kindOf(object)) >>> 0;
  for (const object of objects.sort((a, b) => rank(a) - rank(b))) await put(object, cluster);
}

function configMapOf({ name, namespace, labels, annotations, spec }: Record<string, unknown>): KubeObject {
  const metadata = { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { spec: JSON.stringify(spec) } } as KubeObject;
}

const tries = 100;

async function put(object: KubeObject, cluster: Cluster): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { types } = await cluster.discover({ fresh: attempt > 1 });
      const type = types.find(
        ({ group, version, kind }) =>
          (group === "" ? version : `${group}/${version}`) === apiVersionOf(object) && kind === kindOf(object),
      );
      if (type === undefined) throw new Error(`${kindOf(object)} is not served`);
      const namespace = namespaceOf(object);
      const found = await cluster.get(type, namespace, nameOf(object));
      if (found === undefined) return void (await cluster.create(type, namespace, object));
      // Made by a controller of the cluster: a namespace's ServiceAccount.
      const metadata = { ...(object["metadata"] as object), resourceVersion: resourceVersionOf(found) };
      return void (await cluster.replace(type, namespace, nameOf(object), { ...object, metadata }));
    } catch (error) {
      if (attempt >= tries || (isClusterError(error) && error.status === 422)) throw error;
      await sleep(100);
    }
  }
}
