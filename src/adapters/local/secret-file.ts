import { createHash } from "node:crypto";
import {
  isMap,
  type Json,
  kindOf,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
  parseYamlStream,
  setOwn,
  stringifyYaml,
} from "../../resource/index.ts";
import type { Secret } from "../../reconcile/index.ts";
import { VaultError } from "./vault-error.ts";

/**
 * A Secret in a file: YAML or JSON in the form that Kubernetes gives it (`data` in base64, `stringData` as plain text and
 * stronger, `type`; `apiVersion`, `kind` and `metadata` may be left out), or a kubeconfig, which becomes the key `value`.
 */
type SecretContent = Pick<Secret, "data" | "type">;

/** The key under which a bare kubeconfig is kept: the one that Apps name by default. */
export const kubeconfigKey = "value";
export const defaultType = "Opaque";

/** @throws VaultError `VAULT_FILE_INVALID`, naming file and line but never the text, which is secret. */
export function parseSecretFile(
  bytes: Uint8Array,
  at: { readonly file: string; readonly namespace: string; readonly name: string },
): SecretContent {
  const { documents, diagnostics } = parseYamlStream(decodeUtf8(bytes, at.file), {
    file: at.file,
    duplicateKeys: "error",
  });
  const fault = diagnostics[0];
  if (fault !== undefined) throw invalid(at.file, `is not valid YAML (line ${fault.line})`);
  const [document, second] = documents;
  if (document === undefined) throw invalid(at.file, "is empty");
  if (second !== undefined) throw invalid(at.file, "holds more than one document");
  const { value } = document;
  if (!isMap(value)) throw invalid(at.file, "is no map");
  if (kindOf(value) === "Config" || (own(value, "clusters") !== undefined && own(value, "contexts") !== undefined)) {
    return { data: new Map([[kubeconfigKey, bytes]]), type: defaultType };
  }
  if (kindOf(value) !== "Secret" && own(value, "data") === undefined && own(value, "stringData") === undefined) {
    throw invalid(at.file, "holds neither a Secret (data or stringData) nor a kubeconfig (kind: Config)");
  }
  for (const [field, found, expected] of [
    ["namespace", namespaceOf(value), at.namespace],
    ["name", nameOf(value), at.name],
  ] as const) {
    if (found !== "" && found !== expected) {
      throw invalid(at.file, `has metadata.${field} ${JSON.stringify(found)}, but its place says ${expected}`);
    }
  }
  const type = own(value, "type");
  return { data: readData(value, at.file), type: typeof type === "string" && type !== "" ? type : defaultType };
}

/** The YAML that `parseSecretFile` reads back to the same Secret. */
export function formatSecretFile(namespace: string, name: string, { data, type }: SecretContent): string {
  const encoded: MutableJsonMap = {};
  for (const [key, value] of data) setOwn(encoded, key, Buffer.from(value).toString("base64"));
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, type, data: encoded };
  return stringifyYaml(secret, { keyOrder: "given", width: "unlimited" });
}

/** A digest of type, keys and values. */
export function secretVersion({ data, type }: SecretContent): string {
  const hash = createHash("sha256").update(`${type}\n`);
  for (const key of [...data.keys()].sort()) {
    const value = data.get(key) ?? new Uint8Array();
    // Lengths in front, so that no two different Secrets run together to the same bytes.
    hash.update(`${Buffer.byteLength(key)} ${value.length}\n${key}`).update(value);
  }
  return hash.digest("hex").slice(0, 32);
}

function readData(secret: Json, file: string): Map<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  for (const [key, value] of entriesOf(secret, "data", file)) {
    const text = value.replaceAll(/[\r\n]/g, "");
    const bytes = Buffer.from(text, "base64");
    // Node skips what is no base64; Kubernetes refuses it.
    if (bytes.toString("base64") !== text)
      throw invalid(file, `data.${key} is not base64 (stringData takes plain text)`);
    data.set(key, bytes);
  }
  for (const [key, value] of entriesOf(secret, "stringData", file)) data.set(key, Buffer.from(value));
  return data;
}

function entriesOf(secret: Json, field: "data" | "stringData", file: string): readonly (readonly [string, string])[] {
  const map = own(secret, field);
  if (map === undefined || map === null) return [];
  if (!isMap(map)) throw invalid(file, `${field} is no map`);
  return Object.entries(map).map(([key, value]) => {
    if (typeof value !== "string") throw invalid(file, `${field}.${key} is no string`);
    return [key, value] as const;
  });
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(file, "is not UTF-8 text");
  }
}

function invalid(file: string, what: string): VaultError {
  return new VaultError({ code: "VAULT_FILE_INVALID", file }, `secret file ${file} ${what}`);
}
