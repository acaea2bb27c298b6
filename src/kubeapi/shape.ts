import { isList, isMap, type Json, own } from "../resource/index.ts";
import { metadataSchema } from "./metadata-schema.ts";
import type { Schema, ServedType } from "./served-type.ts";

/** How lists and maps of an object are merged: what server-side apply and strategic merge patch must know of each place. */
export interface Shape {
  /** `map`: items are told apart by `keys`; `set`: items are unique values; `atomic`: replaced as a whole. */
  readonly list: { readonly type: "atomic" | "set" } | { readonly type: "map"; readonly keys: readonly string[] };
  /** The map is replaced as a whole. */
  readonly atomic: boolean;
  /** Strategic merge: the key that tells items apart, `""` for lists of plain values that are merged, `undefined` when replaced. */
  readonly patchKey: string | undefined;
  field(name: string): Shape;
  item(): Shape;
}

/** The shape of a type's objects: from the schema for custom types, from the table below for built-in ones. */
export function shapeOf(type: ServedType, schema: Schema): Shape {
  return type.flavour === "custom" ? schemaShape(schema) : builtinShape("", "", type.kind);
}

function schemaShape(schema: Json | undefined): Shape {
  const listType = own(schema, "x-kubernetes-list-type");
  const keys = own(schema, "x-kubernetes-list-map-keys");
  return {
    list:
      listType === "map" && isList(keys)
        ? { type: "map", keys: keys.filter((key) => typeof key === "string") }
        : { type: listType === "set" ? "set" : "atomic" },
    atomic: own(schema, "x-kubernetes-map-type") === "atomic",
    patchKey: undefined,
    field: (name) => {
      const member = own(own(schema, "properties"), name) ?? own(schema, "additionalProperties");
      return schemaShape(isMap(member) ? member : undefined);
    },
    item: () => schemaShape(own(schema, "items")),
  };
}

interface ListRule {
  /** Keys of server-side apply; none: a set of plain values. */
  readonly keys: readonly string[];
  /** Key of strategic merge, where it differs from the first of `keys`. */
  readonly patchKey?: string;
}

/** Lists of built-in kinds that are merged item by item, as `parent.field` or, where the parent does not matter, `field`. */
const listRules: ReadonlyMap<string, ListRule> = new Map<string, ListRule>([
  ["containers", { keys: ["name"] }],
  ["initContainers", { keys: ["name"] }],
  ["ephemeralContainers", { keys: ["name"] }],
  ["env", { keys: ["name"] }],
  ["volumes", { keys: ["name"] }],
  ["volumeMounts", { keys: ["mountPath"] }],
  ["volumeDevices", { keys: ["devicePath"] }],
  ["imagePullSecrets", { keys: ["name"] }],
  ["hostAliases", { keys: ["ip"] }],
  ["topologySpreadConstraints", { keys: ["topologyKey", "whenUnsatisfiable"] }],
  ["resourceClaims", { keys: ["name"] }],
  ["readinessGates", { keys: ["conditionType"] }],
  ["containers.ports", { keys: ["containerPort", "protocol"], patchKey: "containerPort" }],
  ["initContainers.ports", { keys: ["containerPort", "protocol"], patchKey: "containerPort" }],
  ["Service.spec.ports", { keys: ["port", "protocol"], patchKey: "port" }],
  ["ServiceAccount.secrets", { keys: ["name"] }],
  ["conditions", { keys: ["type"] }],
  ["webhooks", { keys: ["name"] }],
  ["addresses", { keys: ["type"] }],
  ["podIPs", { keys: ["ip"] }],
  ["CustomResourceDefinition.spec.versions", { keys: ["name"] }],
]);

/** `Service.spec` has ports of its own kind; other `spec.ports` have not. */
const qualifiedParents: ReadonlySet<string> = new Set(["Service", "ServiceAccount", "CustomResourceDefinition"]);

const atomicMaps: ReadonlySet<string> = new Set([
  "selector",
  "labelSelector",
  "matchLabels",
  "fieldRef",
  "resourceFieldRef",
  "configMapKeyRef",
  "secretKeyRef",
  "roleRef",
  "nodeSelectorTerms",
]);

function builtinShape(parent: string, name: string, kind: string, depth = 0): Shape {
  const root = depth === 0;
  const rule = listRules.get(`${parent}.${name}`) ?? listRules.get(name);
  // A Deployment's `spec.selector` and a `secretKeyRef` are atomic; an object's own `data.selector` of a ConfigMap is a string anyway.
  return {
    list: rule === undefined ? { type: "atomic" } : { type: "map", keys: rule.keys },
    atomic: atomicMaps.has(name),
    patchKey: rule === undefined ? undefined : (rule.patchKey ?? rule.keys[0]),
    field: (field) => {
      if (root && field === "metadata") return metadataShape(schemaShape(metadataSchema), "");
      return builtinShape(nextParent(root, parent, name, kind), field, kind, depth + 1);
    },
    item: () => builtinShape(parent, name, kind, depth + 1),
  };
}

function nextParent(root: boolean, parent: string, name: string, kind: string): string {
  if (root) return qualifiedParents.has(kind) ? kind : "";
  return qualifiedParents.has(parent) ? `${parent}.${name}` : name;
}

/** Metadata follows its schema, and has merge keys for strategic merge patches too. */
function metadataShape(shape: Shape, name: string): Shape {
  return {
    ...shape,
    patchKey: name === "finalizers" ? "" : name === "ownerReferences" ? "uid" : undefined,
    field: (field) => metadataShape(shape.field(field), field),
    item: () => metadataShape(shape.item(), ""),
  };
}
