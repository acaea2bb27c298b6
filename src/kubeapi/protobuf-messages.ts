/**
 * Field numbers of the messages that kubectl and other clients made with client-go 1.32 and later send as protobuf to built-in kinds:
 * `kubectl create secret`, `create configmap`, `auth can-i`… From the `generated.proto` files of k8s.io/api and k8s.io/apimachinery 1.34.
 */

export type FieldType =
  | "string"
  | "bool"
  | "int"
  /** Base64 in JSON. */
  | "bytes"
  /** `{ seconds, nanos }`, RFC 3339 in JSON. */
  | "time"
  /** A message that holds JSON text in its field 1. */
  | "json"
  | "string-map"
  | "bytes-map"
  /** Set by servers: read past. */
  | "ignored"
  | { readonly message: string };

export interface MessageField {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: true;
}

export type MessageFields = ReadonlyMap<number, MessageField>;

/** `name` is a text, `name:type` another scalar, `name:@Message` a message; `[]` behind the name repeats it. */
function fields(notation: Readonly<Record<number, string>>): MessageFields {
  return new Map(Object.entries(notation).map(([number, text]) => [Number(number), parseField(text)]));
}

function parseField(text: string): MessageField {
  const [label = "", type = "string"] = text.split(":");
  const repeated = label.endsWith("[]");
  const name = repeated ? label.slice(0, -2) : label;
  const parsed: FieldType = type.startsWith("@") ? { message: type.slice(1) } : scalarType(type);
  return { name, type: parsed, ...(repeated && { repeated }) };
}

const scalarTypes = ["string", "bool", "int", "bytes", "time", "json", "string-map", "bytes-map", "ignored"] as const;

function scalarType(name: string): FieldType {
  const type = scalarTypes.find((one) => one === name);
  if (type === undefined) throw new RangeError(`unknown field type ${name}`);
  return type;
}

const object = { 1: "metadata:@ObjectMeta" };

export const messages: ReadonlyMap<string, MessageFields> = new Map<string, MessageFields>([
  ["Unknown", fields({ 1: "typeMeta:@TypeMeta", 2: "raw:bytes", 3: "contentEncoding", 4: "contentType" })],
  ["TypeMeta", fields({ 1: "apiVersion", 2: "kind" })],
  [
    "ObjectMeta",
    fields({
      1: "name",
      2: "generateName",
      3: "namespace",
      4: "selfLink",
      5: "uid",
      6: "resourceVersion",
      7: "generation:int",
      8: "creationTimestamp:time",
      9: "deletionTimestamp:time",
      10: "deletionGracePeriodSeconds:int",
      11: "labels:string-map",
      12: "annotations:string-map",
      13: "ownerReferences[]:@OwnerReference",
      14: "finalizers[]",
      17: "managedFields[]:@ManagedFieldsEntry",
    }),
  ],
  [
    "OwnerReference",
    fields({ 1: "kind", 3: "name", 4: "uid", 5: "apiVersion", 6: "controller:bool", 7: "blockOwnerDeletion:bool" }),
  ],
  [
    "ManagedFieldsEntry",
    fields({
      1: "manager",
      2: "operation",
      3: "apiVersion",
      4: "time:time",
      6: "fieldsType",
      7: "fieldsV1:json",
      8: "subresource",
    }),
  ],
  ["ConfigMap", fields({ ...object, 2: "data:string-map", 3: "binaryData:bytes-map", 4: "immutable:bool" })],
  ["Secret", fields({ ...object, 2: "data:bytes-map", 3: "type", 4: "stringData:string-map", 5: "immutable:bool" })],
  ["Namespace", fields({ ...object, 2: "spec:@NamespaceSpec", 3: "status:ignored" })],
  ["NamespaceSpec", fields({ 1: "finalizers[]" })],
  [
    "ServiceAccount",
    fields({
      ...object,
      2: "secrets[]:@ObjectReference",
      3: "imagePullSecrets[]:@LocalObjectReference",
      4: "automountServiceAccountToken:bool",
    }),
  ],
  [
    "ObjectReference",
    fields({ 1: "kind", 2: "namespace", 3: "name", 4: "uid", 5: "apiVersion", 6: "resourceVersion", 7: "fieldPath" }),
  ],
  ["LocalObjectReference", fields({ 1: "name" })],
  ["Role", fields({ ...object, 2: "rules[]:@PolicyRule" })],
  ["ClusterRole", fields({ ...object, 2: "rules[]:@PolicyRule", 3: "aggregationRule:@AggregationRule" })],
  ["RoleBinding", fields({ ...object, 2: "subjects[]:@Subject", 3: "roleRef:@RoleRef" })],
  ["ClusterRoleBinding", fields({ ...object, 2: "subjects[]:@Subject", 3: "roleRef:@RoleRef" })],
  [
    "PolicyRule",
    fields({ 1: "verbs[]", 2: "apiGroups[]", 3: "resources[]", 4: "resourceNames[]", 5: "nonResourceURLs[]" }),
  ],
  ["AggregationRule", fields({ 1: "clusterRoleSelectors[]:@LabelSelector" })],
  ["LabelSelector", fields({ 1: "matchLabels:string-map", 2: "matchExpressions[]:@LabelSelectorRequirement" })],
  ["LabelSelectorRequirement", fields({ 1: "key", 2: "operator", 3: "values[]" })],
  ["Subject", fields({ 1: "kind", 2: "apiGroup", 3: "name", 4: "namespace" })],
  ["RoleRef", fields({ 1: "apiGroup", 2: "kind", 3: "name" })],
  ["SelfSubjectAccessReview", fields({ ...object, 2: "spec:@SelfSubjectAccessReviewSpec", 3: "status:ignored" })],
  [
    "SelfSubjectAccessReviewSpec",
    fields({ 1: "resourceAttributes:@ResourceAttributes", 2: "nonResourceAttributes:@NonResourceAttributes" }),
  ],
  [
    "ResourceAttributes",
    fields({ 1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name" }),
  ],
  ["NonResourceAttributes", fields({ 1: "path", 2: "verb" })],
  ["SelfSubjectRulesReview", fields({ ...object, 2: "spec:@SelfSubjectRulesReviewSpec", 3: "status:ignored" })],
  ["SelfSubjectRulesReviewSpec", fields({ 1: "namespace" })],
  ["SelfSubjectReview", fields({ ...object, 2: "status:ignored" })],
  ["TokenRequest", fields({ ...object, 2: "spec:@TokenRequestSpec", 3: "status:ignored" })],
  [
    "TokenRequestSpec",
    fields({ 1: "audiences[]", 3: "boundObjectRef:@BoundObjectReference", 4: "expirationSeconds:int" }),
  ],
  ["BoundObjectReference", fields({ 1: "kind", 2: "apiVersion", 3: "name", 4: "uid" })],
  [
    "DeleteOptions",
    fields({
      1: "gracePeriodSeconds:int",
      2: "preconditions:@Preconditions",
      3: "orphanDependents:bool",
      4: "propagationPolicy",
      5: "dryRun[]",
    }),
  ],
  ["Preconditions", fields({ 1: "uid", 2: "resourceVersion" })],
]);
