/** How the hub keeps Secrets: their data in the secrets manager alone, everything else as an object whose values are masks. */
import { ApiError, type FieldFault, invalid, invalidValue, type Sealed, type TypeHooks } from "../kubeapi/index.ts";
import {
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
  parseJson,
  setOwn,
  stringifyJson,
} from "../resource/index.ts";
import type { HubSecretVault } from "./hub-door.ts";

/** Stands for every value that is not shown; written back it means "as it is". */
const mask = Buffer.from("[kept in the secrets manager]").toString("base64");
const keyPattern = /^[-._a-zA-Z0-9]{1,253}$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Hooks that seal Secrets into a vault. */
export function secretHooks(
  vault: HubSecretVault,
): Pick<TypeHooks, "prepare" | "validate" | "seal" | "open" | "forget"> {
  return {
    prepare: (object) => {
      mergeStringData(object);
      if (own(object, "type") === undefined) object["type"] = "Opaque";
    },
    validate: secretFaults,
    seal: (object, old) => seal(object, old, vault),
    open: async (stored) => {
      const secret = await vault.get(namespaceOf(stored), nameOf(stored));
      if (secret === undefined) return stored;
      const data: MutableJsonMap = {};
      for (const [key, value] of secret.data) setOwn(data, key, Buffer.from(value).toString("base64"));
      return { ...stored, data };
    },
    forget: (stored) => vault.delete(namespaceOf(stored), nameOf(stored)),
  };
}

function mergeStringData(object: MutableJsonMap): void {
  const plain = own(object, "stringData");
  delete object["stringData"];
  if (!isMap(plain)) return;
  const data = own(object, "data");
  const merged: MutableJsonMap = {};
  for (const [key, value] of [...Object.entries(isMap(data) ? data : {}), ...encoded(plain)])
    if (typeof value === "string") setOwn(merged, key, value);
  object["data"] = merged;
}

function encoded(plain: JsonMap): (readonly [string, string])[] {
  return Object.entries(plain).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, Buffer.from(value).toString("base64")] as const] : [],
  );
}

/** Values stay out of the messages. */
function secretFaults(object: KubeObject, old: KubeObject | undefined): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [key, value] of dataEntries(object)) {
    if (!keyPattern.test(key))
      faults.push(
        invalidValue(
          `data[${key.slice(0, 100)}]`,
          key.slice(0, 100),
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      );
    if (!base64Pattern.test(value))
      faults.push({
        reason: "FieldValueInvalid",
        field: `data[${key.slice(0, 100)}]`,
        message: "Invalid value: illegal base64 data",
      });
  }
  if (old !== undefined && own(old, "type") !== own(object, "type"))
    faults.push(invalidValue("type", own(object, "type"), "field is immutable"));
  return faults;
}

async function seal(object: KubeObject, old: KubeObject | undefined, vault: HubSecretVault): Promise<Sealed> {
  const namespace = namespaceOf(object);
  const name = nameOf(object);
  const before = old === undefined ? undefined : await vault.get(namespace, name);
  const data = new Map<string, Uint8Array>();
  for (const [key, value] of dataEntries(object)) {
    const kept = before?.data.get(key);
    if (value === mask && kept === undefined)
      throw refuse(name, `data[${key}]`, "the mask stands for a value that this key does not have yet");
    data.set(key, value === mask && kept !== undefined ? kept : Buffer.from(value, "base64"));
  }
  const type = own(object, "type");
  const typeText = typeof type === "string" ? type : "Opaque";
  const stored = withMasks(object);
  if (before !== undefined && before.type === typeText && equalData(before.data, data)) return { stored };
  if (before !== undefined && own(old, "immutable") === true)
    throw refuse(name, "data", "field is immutable when `immutable` is set");
  return { stored, commit: () => vault.put(namespace, name, { data, type: typeText }) };
}

function refuse(name: string, field: string, message: string): ApiError {
  return invalid({ group: "", resource: "Secret", name }, [
    { reason: "FieldValueForbidden", field, message: `Forbidden: ${message}` },
  ]);
}

function dataEntries(object: KubeObject): readonly (readonly [string, string])[] {
  const data = own(object, "data");
  return isMap(data)
    ? Object.entries(data).flatMap(([key, value]) => (typeof value === "string" ? [[key, value] as const] : []))
    : [];
}

function equalData(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && Buffer.compare(value, other) === 0;
    })
  );
}

/** The object with masks for values, also in annotations that hold a copy of the whole object. */
function withMasks(object: KubeObject): KubeObject {
  const metadata = own(object, "metadata");
  const annotations = own(metadata, "annotations");
  const cleaned: MutableJsonMap = {};
  if (isMap(annotations))
    for (const [key, value] of Object.entries(annotations))
      if (typeof value === "string") setOwn(cleaned, key, maskCopy(value));
  const data = own(object, "data");
  return {
    ...object,
    ...(isMap(data) && { data: maskValues(data) }),
    metadata: { ...(isMap(metadata) && metadata), ...(isMap(annotations) && { annotations: cleaned }) },
  };
}

/** `kubectl apply` and kapp keep the last applied object in an annotation. */
function maskCopy(annotation: string): string {
  if (!annotation.trimStart().startsWith("{")) return annotation;
  let copy: Json;
  try {
    copy = parseJson(annotation);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Cut-off copies are of no use to their tools, but may hold values.
    return /"(?:data|stringData)"/.test(annotation) ? "" : annotation;
  }
  const data = own(copy, "data");
  const stringData = own(copy, "stringData");
  if (!isMap(copy) || (!isMap(data) && !isMap(stringData))) return annotation;
  return stringifyJson({
    ...copy,
    ...(isMap(data) && { data: maskValues(data) }),
    ...(isMap(stringData) && { stringData: maskValues(stringData) }),
  });
}

function maskValues(data: JsonMap): MutableJsonMap {
  const masked: MutableJsonMap = {};
  for (const key of Object.keys(data)) setOwn(masked, key, mask);
  return masked;
}
