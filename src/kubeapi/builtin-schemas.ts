/** Schemas of the small built-in kinds, for field validation and `kubectl explain`. Larger kinds are served open. */
import type { Schema } from "./served-type.ts";

const text = (description?: string): Schema => ({ type: "string", ...(description !== undefined && { description }) });
const flag = (description: string): Schema => ({ type: "boolean", description });
const texts = (description: string): Schema => ({ type: "array", items: { type: "string" }, description });
const textMap = (description: string): Schema => ({
  type: "object",
  additionalProperties: { type: "string" },
  description,
});
const object = (
  properties: Readonly<Record<string, Schema>>,
  description?: string,
  required?: readonly string[],
): Schema => ({
  type: "object",
  properties,
  ...(description !== undefined && { description }),
  ...(required !== undefined && { required }),
});
const listOf = (items: Schema, description: string): Schema => ({ type: "array", items, description });

export const configMapSchema: Schema = object(
  {
    data: textMap("Configuration data, as text."),
    binaryData: textMap("Configuration data, as base64."),
    immutable: flag("If true, the data cannot be changed any more."),
  },
  "ConfigMap holds configuration data for others to use.",
);

export const secretSchema: Schema = object(
  {
    data: textMap("Secret data, as base64."),
    stringData: textMap("Secret data as text: merged into data on writing, never read back."),
    type: text("Tells programs what the data is."),
    immutable: flag("If true, the data cannot be changed any more."),
  },
  "Secret holds secret data.",
);

const objectReference: Schema = object({
  apiVersion: text(),
  fieldPath: text(),
  kind: text(),
  name: text(),
  namespace: text(),
  resourceVersion: text(),
  uid: text(),
});

export const serviceAccountSchema: Schema = object(
  {
    automountServiceAccountToken: flag("Whether pods get a token of this account mounted."),
    imagePullSecrets: listOf(object({ name: text() }), "Secrets to pull images with."),
    secrets: listOf(objectReference, "Secrets that pods of this account may use."),
  },
  "ServiceAccount is an identity for programs.",
);

export const namespaceSchema: Schema = object(
  {
    spec: object({ finalizers: texts("Must be empty before the namespace is removed.") }),
    status: object({
      phase: text("Active or Terminating."),
      conditions: listOf({ type: "object", "x-kubernetes-preserve-unknown-fields": true }, "Latest observations."),
    }),
  },
  "Namespace is a scope for names.",
);

const ruleSchema: Schema = object(
  {
    apiGroups: texts('Names of API groups; "" is the core group, * all.'),
    resources: texts("Resources the rule is about; * for all."),
    resourceNames: texts("Names the rule is limited to."),
    nonResourceURLs: texts("Paths that are no resources."),
    verbs: texts("What may be done; * for all."),
  },
  "What may be done to what.",
  ["verbs"],
);
const labelSelectorSchema: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export const roleSchema: Schema = object(
  { rules: listOf(ruleSchema, "What the role allows.") },
  "Role is a set of permissions within a namespace.",
);
export const clusterRoleSchema: Schema = object(
  {
    rules: listOf(ruleSchema, "What the role allows."),
    aggregationRule: object({ clusterRoleSelectors: listOf(labelSelectorSchema, "Which roles it is made of.") }),
  },
  "ClusterRole is a set of permissions in the whole cluster.",
);
export const bindingSchema: Schema = object(
  {
    roleRef: object({ apiGroup: text(), kind: text(), name: text() }, "The role that is given.", [
      "apiGroup",
      "kind",
      "name",
    ]),
    subjects: listOf(
      object({ apiGroup: text(), kind: text(), name: text(), namespace: text() }, "Who gets it.", ["kind", "name"]),
      "Those who get the role.",
    ),
  },
  "A binding gives the permissions of a role to somebody.",
  ["roleRef"],
);
