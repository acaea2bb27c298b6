import {
  isList,
  isMap,
  type Json,
  type JsonMap,
  kindOf,
  type MutableJsonMap,
  own,
  parseJson,
  setOwn,
  stringifyJson,
} from "../../resource/index.ts";
import type { Secret } from "../../reconcile/index.ts";
import { SecretsError } from "./secrets-error.ts";

/**
 * A Secret as the text of one entry in Secrets Manager, written so that people can make one in the console:
 * - a JSON object of keys and values: `{"username": "me", "password": "…"}`; numbers and booleans count as their text;
 *   `{"base64": "…"}` stands for bytes that are no text; the member `/type` holds the Kubernetes type where it is not Opaque
 *   (no key of a Secret has a slash);
 * - anything else, a kubeconfig above all, is the value of the key `value`. A kubeconfig in JSON is one too.
 */
type SecretContent = Pick<Secret, "data" | "type">;

/** Bytes that one secret may have (aws.md §8). */
const maxSecretBytes = 65_536;
const typeMember = "/type";
const defaultType = "Opaque";
const bareKey = "value";

/** @throws SecretsError `SECRETS_CONTENT_INVALID` when the text is longer than Secrets Manager takes. */
export function encodeSecret({ data, type }: SecretContent, secret: string): string {
  const members: MutableJsonMap = {};
  for (const [key, bytes] of data)
    setOwn(members, key, textOf(bytes) ?? { base64: Buffer.from(bytes).toString("base64") });
  if (type !== defaultType && type !== "") setOwn(members, typeMember, type);
  const text = stringifyJson(members);
  const size = Buffer.byteLength(text);
  if (size > maxSecretBytes) {
    throw invalid(secret, `would have ${size} bytes as JSON, AWS Secrets Manager takes ${maxSecretBytes}`);
  }
  return text;
}

/** @throws SecretsError `SECRETS_CONTENT_INVALID` naming the key, never the text. */
export function decodeSecret(text: string, secret: string): SecretContent {
  const value = parseObject(text);
  if (value === undefined || isKubeconfig(value)) {
    return { data: new Map([[bareKey, new TextEncoder().encode(text)]]), type: defaultType };
  }
  const data = new Map<string, Uint8Array>();
  let type = defaultType;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (key === typeMember && typeof member === "string") type = member;
    else data.set(key, bytesOf(member, key, secret));
  }
  return { data, type };
}

/** An entry made with SecretBinary: the value of the key `value`. */
export function decodeBinary(bytes: Uint8Array): SecretContent {
  return { data: new Map([[bareKey, new Uint8Array(bytes)]]), type: defaultType };
}

function parseObject(text: string): JsonMap | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value = parseJson(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined; // YAML in flow style, for one: it is taken as it is.
  }
}

function isKubeconfig(value: JsonMap): boolean {
  return (
    isMap(value) && (kindOf(value) === "Config" || (isList(own(value, "clusters")) && isList(own(value, "contexts"))))
  );
}

function bytesOf(member: Json, key: string, secret: string): Uint8Array {
  if (typeof member === "string") return new TextEncoder().encode(member);
  if (typeof member === "number" || typeof member === "boolean" || typeof member === "bigint") {
    return new TextEncoder().encode(String(member));
  }
  const base64 = own(member, "base64");
  if (typeof base64 !== "string" || !isMap(member) || Object.keys(member).length !== 1) {
    throw invalid(secret, `has a value for "${key}" that is neither text nor {"base64": "…"}`);
  }
  const bytes = Buffer.from(base64, "base64");
  // Node skips what is no base64.
  if (bytes.toString("base64") !== base64) throw invalid(secret, `has a value for "${key}" that is not base64`);
  return new Uint8Array(bytes);
}

/** `undefined` when the bytes are no UTF-8. A byte order mark stays. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(secret: string, what: string): SecretsError {
  return new SecretsError({ code: "SECRETS_CONTENT_INVALID", secret }, `secret "${secret}" ${what}`);
}
