import type { Schema } from "./served-type.ts";

const text: Schema = { type: "string" };
const textMap: Schema = { type: "object", additionalProperties: text };
const time: Schema = { type: "string", format: "date-time" };

/** `ObjectMeta`. */
export const metadataSchema: Schema = {
  type: "object",
  description: "Standard object's metadata.",
  properties: {
    name: { ...text, description: "Unique within a namespace." },
    generateName: { ...text, description: "Prefix of a name that the server makes when name is empty." },
    namespace: { ...text, description: "The space within which the name must be unique." },
    labels: { ...textMap, description: "Keys and values to organise and select objects." },
    annotations: { ...textMap, description: "Keys and values for tools; not selectable." },
    finalizers: {
      type: "array",
      items: text,
      description: "Must be empty before the object is removed.",
      "x-kubernetes-list-type": "set",
    },
    ownerReferences: {
      type: "array",
      description: "Objects that this one depends on.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      items: {
        type: "object",
        required: ["apiVersion", "kind", "name", "uid"],
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: "boolean" },
          blockOwnerDeletion: { type: "boolean" },
        },
      },
    },
    uid: { ...text, description: "Unique in time and space; set by the server." },
    resourceVersion: { ...text, description: "Changes with every write; set by the server." },
    generation: { type: "integer", format: "int64", description: "Counts changes of the desired state." },
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: "integer", format: "int64" },
    selfLink: text,
    managedFields: {
      type: "array",
      description: "Which manager set which fields.",
      items: {
        type: "object",
        properties: {
          manager: text,
          operation: text,
          apiVersion: text,
          time,
          fieldsType: text,
          fieldsV1: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          subresource: text,
        },
      },
    },
  },
};
