import { isMap, type JsonMap, type KubeObject } from "../../resource/index.ts";
import { removeField, withMember } from "./field-copy.ts";

/** The object with annotations set. */
export function withAnnotations(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  return withMetadata(object, "annotations", annotations);
}

/** The object with labels set. */
export function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  return withMetadata(object, "labels", labels);
}

export function withoutAnnotations(object: KubeObject, keys: readonly string[]): KubeObject {
  return keys.reduce((result, key) => removeField(result, ["metadata", "annotations", key]), object);
}

function withMetadata(object: KubeObject, field: "labels" | "annotations", members: JsonMap): KubeObject {
  const metadata = isMap(object["metadata"]) ? object["metadata"] : {};
  const before = isMap(metadata[field]) ? metadata[field] : {};
  const after = Object.entries(members).reduce((map, [key, value]) => withMember(map, key, value ?? null), before);
  return withMember(object, "metadata", withMember(metadata, field, after));
}

/** What only servers write about the writers of fields. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  return removeField(object, ["metadata", "managedFields"]);
}
