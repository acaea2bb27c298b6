/** OpenAPI documents, as far as kubectl reads them: schemas for `explain`, and PATCH operations that tell it what apply may send. */
import { createHash } from "node:crypto";
import { isMap, type JsonMap, type MutableJsonMap, own, setOwn, stringifyJson } from "../resource/index.ts";
import { unknownPath } from "./api-error.ts";
import { openSchema, withIdentity } from "./schema.ts";
import type { TypeRegistry } from "./registry.ts";
import { metadataSchema } from "./metadata-schema.ts";
import { listKindOf, type Schema, type ServedType, type ServedVersion } from "./served-type.ts";

/** `/openapi/v3`: where the document of each group and version lies; the hash lets clients cache it. */
export function openApiRoot(registry: TypeRegistry): JsonMap {
  const paths: MutableJsonMap = {};
  for (const type of registry.all()) {
    for (const version of type.versions) {
      const path = type.group === "" ? `api/${version.name}` : `apis/${type.group}/${version.name}`;
      const hash = createHash("sha256").update(stringifyJson(openApiGroup(registry, type.group, version.name)));
      const entry: MutableJsonMap = {
        serverRelativeURL: `/openapi/v3/${path}?hash=${hash.digest("hex").toUpperCase().slice(0, 32)}`,
      };
      if (own(paths, path) === undefined) setOwn(paths, path, entry);
    }
  }
  return { paths };
}

/** `/openapi/v3/apis/GROUP/VERSION`. */
export function openApiGroup(registry: TypeRegistry, group: string, version: string): JsonMap {
  const paths: MutableJsonMap = {};
  const schemas: MutableJsonMap = {};
  for (const type of registry.all()) {
    const served = type.group === group ? type.versions.find((one) => one.name === version) : undefined;
    if (served === undefined) continue;
    // Documents are only written out: sharing the read-only schemas with them is safe.
    Object.assign(schemas, schemasOf(type, served));
    Object.assign(paths, pathsOf(type, served));
  }
  if (Object.keys(schemas).length === 0) throw unknownPath();
  setOwn(schemas, metadataName, metadataSchema as MutableJsonMap);
  return { openapi: "3.0.0", info: { title: "lateen", version: "v1" }, paths, components: { schemas } };
}

/** `/openapi/v2`, for clients that know no v3. */
export function openApiV2(registry: TypeRegistry): JsonMap {
  const definitions: MutableJsonMap = {};
  const paths: MutableJsonMap = {};
  for (const type of registry.all()) {
    for (const version of type.versions) {
      Object.assign(definitions, schemasOf(type, version, definitionsRoot));
      Object.assign(paths, pathsV2(type, version));
    }
  }
  setOwn(definitions, metadataName, metadataSchema as MutableJsonMap);
  return { swagger: "2.0", info: { title: "lateen", version: "v1" }, paths, definitions };
}

/** The operations that clients look at: which patches an object takes, and with which parameters. */
function pathsV2(type: ServedType, version: ServedVersion): JsonMap {
  const parameters = [...writeParameters, "force"].map((name) => ({
    name,
    in: "query",
    type: name === "force" ? "boolean" : "string",
  }));
  const patch: JsonMap = {
    consumes: patchTypes,
    parameters,
    responses: {},
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": { group: type.group, version: version.name, kind: type.kind },
  };
  return { [`${collectionPath(type, version)}/{name}`]: { patch } };
}

const metadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const componentsRoot = "#/components/schemas/";
const definitionsRoot = "#/definitions/";
const writeParameters = ["dryRun", "fieldManager", "fieldValidation"];
/** Strategic merge is left out on purpose: kubectl then merges built-in kinds by its own tables, which know every list. */
const patchTypes = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/** `io.k14s.kappctrl.v1alpha1.App`. */
function schemaName(type: ServedType, version: ServedVersion, kind = type.kind): string {
  const group = type.group === "" ? "core" : type.group.split(".").toReversed().join(".");
  return `${group}.${version.name}.${kind}`;
}

function schemasOf(type: ServedType, version: ServedVersion, root = componentsRoot): JsonMap {
  const schema = withIdentity(version.schema ?? openSchema);
  const properties = own(schema, "properties");
  const identity = (kind: string): JsonMap => ({
    "x-kubernetes-group-version-kind": [{ group: type.group, version: version.name, kind }],
  });
  const whole: Schema = {
    ...schema,
    ...identity(type.kind),
    properties: { ...(isMap(properties) && properties), metadata: refTo(root, metadataName) },
  };
  const list: Schema = {
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      items: { type: "array", items: { $ref: root + schemaName(type, version) } },
    },
    ...identity(listKindOf(type)),
  };
  return { [schemaName(type, version)]: whole, [schemaName(type, version, listKindOf(type))]: list };
}

/** A reference with a description beside it: v3 knows that only through `allOf`. */
function refTo(root: string, name: string): JsonMap {
  const description = "Standard object's metadata.";
  const $ref = root + name;
  return root === definitionsRoot ? { description, $ref } : { description, default: {}, allOf: [{ $ref }] };
}

function collectionPath(type: ServedType, version: ServedVersion): string {
  const base = type.group === "" ? `/api/${version.name}` : `/apis/${type.group}/${version.name}`;
  return type.namespaced ? `${base}/namespaces/{namespace}/${type.plural}` : `${base}/${type.plural}`;
}

function pathsOf(type: ServedType, version: ServedVersion): JsonMap {
  const collection = collectionPath(type, version);
  const identity: JsonMap = {
    "x-kubernetes-group-version-kind": { group: type.group, version: version.name, kind: type.kind },
  };
  const schema: JsonMap = { $ref: componentsRoot + schemaName(type, version) };
  const content: JsonMap = { "application/json": { schema } };
  const answers: JsonMap = { "200": { description: "OK", content } };
  const parameters = writeParameters.map((name) => ({
    name,
    in: "query",
    schema: { type: "string", uniqueItems: true },
  }));
  const operation = (action: string, more: JsonMap): JsonMap => ({
    "x-kubernetes-action": action,
    ...identity,
    responses: answers,
    ...more,
  });
  const write = (action: string): JsonMap =>
    operation(action, { parameters, requestBody: { content, required: true } });
  return {
    [collection]: { get: operation("list", {}), post: write("post") },
    [`${collection}/{name}`]: {
      get: operation("get", {}),
      put: write("put"),
      patch: operation("patch", {
        parameters: [...parameters, { name: "force", in: "query", schema: { type: "boolean", uniqueItems: true } }],
        requestBody: {
          required: true,
          content: Object.fromEntries(patchTypes.map((name) => [name, { schema: { type: "object" } }])),
        },
      }),
      delete: operation("delete", {}),
    },
  };
}
