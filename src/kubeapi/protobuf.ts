/**
 * Reads Kubernetes' protobuf bodies: the four bytes `k8s\0`, then a `runtime.Unknown` whose `typeMeta` names the kind and whose `raw` is
 * the message. Only for the kinds of protobuf-messages.ts; nothing is ever written as protobuf, clients take JSON too.
 */
import { type MutableJson, type MutableJsonMap, own, parseJson, setOwn } from "../resource/index.ts";
import { ApiError, badRequest } from "./api-error.ts";
import { type FieldType, type MessageField, type MessageFields, messages } from "./protobuf-messages.ts";

export const protobufType = "application/vnd.kubernetes.protobuf";
const magic = Buffer.from("k8s\0");
/** Nesting of messages: the deepest kind has five. */
const maxDepth = 20;

/**
 * The object of a protobuf body, as JSON has it.
 * @throws ApiError BadRequest for a broken body, UnsupportedMediaType for kinds or fields that are only read as JSON.
 */
export function decodeProtobuf(bytes: Uint8Array): MutableJsonMap {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!body.subarray(0, 4).equals(magic)) throw badRequest("the protobuf body does not begin as Kubernetes' bodies do");
  const envelope = readMessage(body.subarray(4), fieldsOf("Unknown"), "Unknown", 0);
  const typeMeta = own(envelope, "typeMeta");
  const kind = own(typeMeta, "kind");
  const apiVersion = own(typeMeta, "apiVersion");
  const raw = own(envelope, "raw");
  const fields = typeof kind === "string" ? messages.get(kind) : undefined;
  if (
    typeof kind !== "string" ||
    typeof apiVersion !== "string" ||
    fields === undefined ||
    own(envelope, "contentEncoding") !== undefined
  )
    throw jsonOnly(typeof kind === "string" ? kind : "this kind");
  const message = typeof raw === "string" ? Buffer.from(raw, "base64") : Buffer.alloc(0);
  return { apiVersion, kind, ...readMessage(message, fields, kind, 0) };
}

function jsonOnly(what: string): ApiError {
  return new ApiError(
    "UnsupportedMediaType",
    `${what} is not accepted as protobuf here - accepted media types include: application/json, application/yaml`,
  );
}

function fieldsOf(message: string): MessageFields {
  const fields = messages.get(message);
  if (fields === undefined) throw new RangeError(`no message ${message}`);
  return fields;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readMessage(bytes: Buffer, fields: MessageFields, name: string, depth: number): MutableJsonMap {
  if (depth > maxDepth) throw broken();
  const reader: Reader = { bytes, at: 0 };
  const result: MutableJsonMap = {};
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    const field = fields.get(number);
    if (wire === 0) setNumber(result, field, readVarint(reader), name, number);
    else if (wire === 2) setBytes(result, field, readBytes(reader), name, number, depth);
    else throw broken();
  }
  return result;
}

function setNumber(
  result: MutableJsonMap,
  field: MessageField | undefined,
  value: bigint,
  name: string,
  number: number,
): void {
  switch (field?.type) {
    case "bool":
      // Optional flags are only sent when set: a false one is meant.
      result[field.name] = value !== 0n;
      return;
    case "int": {
      const signed = BigInt.asIntN(64, value);
      // Zero is how a number that is not set looks.
      if (signed !== 0n) result[field.name] = Number(signed);
      return;
    }
    case "ignored":
      return;
    default:
      throw jsonOnly(`${name} with its field ${number}`);
  }
}

function setBytes(
  result: MutableJsonMap,
  field: MessageField | undefined,
  bytes: Buffer,
  name: string,
  number: number,
  depth: number,
): void {
  if (field === undefined) {
    // Empty messages are sent for parts that are not set.
    if (bytes.length > 0) throw jsonOnly(`${name} with its field ${number}`);
    return;
  }
  if (field.type === "ignored") return;
  if (field.type === "string-map" || field.type === "bytes-map") {
    const [key, value] = readEntry(bytes, field.type === "bytes-map");
    const map = own(result, field.name) ?? {};
    setOwn(map as MutableJsonMap, key, value);
    result[field.name] = map as MutableJsonMap;
    return;
  }
  const value = readValue(bytes, field.type, depth);
  if (field.repeated === true) {
    const list = own(result, field.name) ?? [];
    result[field.name] = [...(list as MutableJson[]), value ?? ""];
  } else if (value !== undefined) {
    result[field.name] = value;
  }
}

/** `undefined`: a text that is not set. */
function readValue(
  bytes: Buffer,
  type: Exclude<FieldType, "string-map" | "bytes-map" | "ignored">,
  depth: number,
): MutableJson | undefined {
  if (typeof type === "object") return readMessage(bytes, fieldsOf(type.message), type.message, depth + 1);
  switch (type) {
    case "string":
      return bytes.length === 0 ? undefined : utf8(bytes);
    case "bytes":
      return bytes.toString("base64");
    case "time":
      return readTime(bytes);
    case "json":
      return readJson(bytes);
    case "bool":
    case "int":
      throw broken();
  }
}

function readTime(bytes: Buffer): string | undefined {
  const reader: Reader = { bytes, at: 0 };
  let seconds: bigint | undefined;
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const value = readVarint(reader);
    if (tag === 8n) seconds = BigInt.asIntN(64, value);
  }
  if (seconds === undefined || seconds < 0n || seconds > 253_402_300_799n) return undefined;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

function readJson(bytes: Buffer): MutableJson | undefined {
  const reader: Reader = { bytes, at: 0 };
  if (bytes.length === 0 || readVarint(reader) !== 0x0an) return undefined;
  try {
    // What parseJson makes is fresh.
    return parseJson(utf8(readBytes(reader))) as MutableJson;
  } catch (error) {
    if (error instanceof SyntaxError) throw broken();
    throw error;
  }
}

function readEntry(bytes: Buffer, isBytes: boolean): readonly [string, string] {
  const reader: Reader = { bytes, at: 0 };
  let key = "";
  let value: Buffer = Buffer.alloc(0);
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const part = readBytes(reader);
    if (tag === 0x0an) key = utf8(part);
    else if (tag === 0x12n) value = part;
  }
  return [key, isBytes ? value.toString("base64") : utf8(value)];
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw broken();
    reader.at++;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw broken();
}

function readBytes(reader: Reader): Buffer {
  const length = readVarint(reader);
  const end = BigInt(reader.at) + length;
  if (end > BigInt(reader.bytes.length)) throw broken();
  const bytes = reader.bytes.subarray(reader.at, Number(end));
  reader.at = Number(end);
  return bytes;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw broken();
    throw error;
  }
}

function broken(): ApiError {
  return badRequest("the protobuf body is broken");
}
