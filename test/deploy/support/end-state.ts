/** What a cluster holds, without what differs from run to run: status, UIDs, versions, times, the app's label value and the names of its changes. */
import {
  cloneJson,
  isMap,
  type KubeObject,
  kindOf,
  labelsOf,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
} from "../../../src/resource/index.ts";

const ofTheServer = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"];

/** Each object by its kind, namespace and name; of app changes only what must hold: the record's last one is there and says the same as the record. */
export function endState(objects: readonly KubeObject[]): Record<string, unknown> {
  const has = (object: KubeObject, label: string): boolean => labelsOf(object)[`kapp.k14s.io/${label}`] !== undefined;
  const changes = objects.filter((object) => has(object, "is-app-change"));
  const records = objects.filter((object) => has(object, "is-app"));
  const others = objects.filter((object) => !has(object, "is-app-change") && !has(object, "is-app"));
  const values = records.map((record) => String(specOf(record)["labelValue"]));
  const strays = changes.filter(
    (change) => !values.includes(labelsOf(change)["kapp.k14s.io/app-change-app-label"] ?? ""),
  );
  const plain = (value: unknown): unknown => {
    let text = JSON.stringify(value);
    values.forEach((labelValue, index) => {
      text = text.replaceAll(labelValue, `LABEL-${index}`);
    });
    return JSON.parse(text) as unknown;
  };
  return Object.fromEntries([
    ...others.map((object) => [keyOf(object), plain(stable(object))]),
    ...records.map((record) => [keyOf(record), plain(recordState(record, changes))]),
    ["app changes of no record", strays.length],
  ]);
}

function stable(object: KubeObject): unknown {
  // A deep copy of a Kubernetes object that may be changed.
  const copy = cloneJson(object) as MutableJsonMap;
  delete copy["status"];
  const metadata = copy["metadata"];
  if (isMap(metadata)) for (const key of ofTheServer) delete (metadata as MutableJsonMap)[key];
  return copy;
}

function recordState(record: KubeObject, changes: readonly KubeObject[]): unknown {
  const { lastChange, lastChangeName, ...spec } = specOf(record) as {
    lastChange: Record<string, unknown>;
    lastChangeName?: string;
  };
  const change = changes.find((candidate) => nameOf(candidate) === lastChangeName);
  return {
    labels: labelsOf(record),
    spec,
    lastChange: {
      isFinished: !String(lastChange["finishedAt"]).startsWith("0001-"),
      successful: lastChange["successful"],
      namespaces: lastChange["namespaces"],
    },
    isSameInChange:
      change === undefined
        ? lastChangeName === undefined
        : JSON.stringify(specOf(change)) === JSON.stringify(lastChange),
  };
}

function specOf(object: KubeObject): Record<string, unknown> {
  const text = own(own(object, "data"), "spec");
  // Written by the engine: JSON text of a map.
  return JSON.parse(typeof text === "string" ? text : "{}") as Record<string, unknown>;
}

function keyOf(object: KubeObject): string {
  return `${kindOf(object)} ${namespaceOf(object)}/${nameOf(object)}`;
}
