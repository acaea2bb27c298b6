/**
 * Reads Kubernetes' protobuf bodies: the four bytes `k8s\0`, then an envelope with the kind (1), the object's message (2) and its encoding (3).
 * What comes out is the JSON that the same client would have sent. Nothing is ever written as protobuf: clients that send it take JSON too.
 */
import { type MutableJson, type MutableJsonMap, own, parseJson, setOwn } from "../resource/index.ts";
import { ApiError, badRequest } from "./api-error.ts";
import { type FieldType, fieldsOf, type MessageField, messageOfKind, type ValueType } from "./protobuf-messages.ts";
import { hasMore, readPart, readTag, readVarint, restOf, skipField, WireFault, wireOf } from "./protobuf-wire.ts";
import type { WireReader } from "./protobuf-wire.ts";

const magic = Buffer.from("k8s\0");
/** Nesting of messages; the deepest kind has some fifteen levels. */
const maxDepth = 64;
const nothing = wireOf(new Uint8Array());
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The object of a protobuf body, as JSON has it. Fields that Kubernetes 1.34 does not have are passed over, as its API server does.
 * @throws ApiError BadRequest for a broken body, UnsupportedMediaType for kinds that are only read as JSON. No value of the body is shown.
 */
export function decodeProtobuf(body: Uint8Array): MutableJsonMap {
  if (!magic.equals(body.subarray(0, magic.length)))
    throw badRequest("the object provided is unrecognized: it does not appear to be a protobuf message");
  const { apiVersion, kind, encoding, raw } = refusing("the object provided is unrecognized", () =>
    readEnvelope(wireOf(body.subarray(magic.length))),
  );
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined || encoding !== "") throw jsonOnly(kind);
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return refusing(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`, () => {
    const object: MutableJsonMap = { apiVersion, kind };
    readMessage(object, raw, message, 0);
    return object;
  });
}

function refusing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireFault) throw badRequest(`${what}: ${error.message}`);
    throw error;
  }
}

/** A kind is an identifier; anything else is not worth repeating. */
const kindPattern = /^\w{1,100}$/;

function jsonOnly(kind: string): ApiError {
  return new ApiError(
    "UnsupportedMediaType",
    `${kindPattern.test(kind) ? kind : "this kind"} is not accepted as protobuf here - accepted media types include: application/json, application/yaml`,
  );
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty: none. */
  readonly encoding: string;
  readonly raw: WireReader;
}

/** By hand, so that the object's bytes, nearly all of the body, are not copied. */
function readEnvelope(reader: WireReader): Envelope {
  const type: MutableJsonMap = {};
  let raw = nothing;
  let encoding = "";
  while (hasMore(reader)) {
    const { number, wire } = readTag(reader);
    if (number > 3) {
      skipField(reader, wire);
      continue;
    }
    if (wire !== 2) throw wrongWire(wire, "Unknown");
    const part = readPart(reader);
    if (number === 1) readMessage(type, part, "runtime.TypeMeta", 0);
    else if (number === 2) raw = part;
    else encoding = readText(part);
  }
  const text = (key: string): string => {
    const value = own(type, key);
    return typeof value === "string" ? value : "";
  };
  if (text("kind") === "") throw new WireFault("Object 'Kind' is missing");
  if (text("apiVersion") === "") throw new WireFault("Object 'apiVersion' is missing");
  return { apiVersion: text("apiVersion"), kind: text("kind"), encoding, raw };
}

/** Adds the fields of a message to an object: a message may come in several pieces, and may have no name of its own in JSON. */
function readMessage(target: MutableJsonMap, reader: WireReader, message: string, depth: number): void {
  if (depth > maxDepth) throw new WireFault("exceeded max depth");
  const fields = fieldsOf(message);
  while (hasMore(reader)) {
    const { number, wire } = readTag(reader);
    const field = fields.get(number);
    if (field === undefined) skipField(reader, wire);
    else readField(target, field, reader, wire, depth);
  }
}

function readField(target: MutableJsonMap, field: MessageField, reader: WireReader, wire: number, depth: number): void {
  const { name, type, holds } = field;
  if (type === "bool" || type === "int32" || type === "int64") {
    if (wire === 0) addValue(target, field, readNumber(reader, type));
    else if (wire === 2 && holds === "list")
      for (const packed = readPart(reader); hasMore(packed); ) addValue(target, field, readNumber(packed, type));
    else throw wrongWire(wire, name);
    return;
  }
  if (wire !== 2) throw wrongWire(wire, name);
  const part = readPart(reader);
  if (holds === "map") addEntry(target, name, type, part, depth);
  else if (typeof type === "object" && holds !== "list")
    readMessage(innerObject(target, name), part, type.message, depth + 1);
  else addValue(target, field, readValue(part, type, depth));
}

const wrongWire = (wire: number, field: string): WireFault =>
  new WireFault(`proto: wrong wireType = ${wire} for field ${field}`);

function addValue(target: MutableJsonMap, { name, holds }: MessageField, value: MutableJson | undefined): void {
  if (holds === "list") listAt(target, name).push(value ?? null);
  else if (value === undefined || (holds === "unless-zero" && isZero(value))) delete target[name];
  else target[name] = value;
}

const isZero = (value: MutableJson): boolean => value === "" || value === 0 || value === false;

function listAt(target: MutableJsonMap, name: string): MutableJson[] {
  const list = target[name];
  if (Array.isArray(list)) return list;
  const fresh: MutableJson[] = [];
  target[name] = fresh;
  return fresh;
}

/** The member that is a map, made if need be; the target itself for a member without a name. Names come from our own tables. */
function innerObject(target: MutableJsonMap, name: string): MutableJsonMap {
  if (name === "") return target;
  const inner = target[name];
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) return inner;
  const fresh: MutableJsonMap = {};
  target[name] = fresh;
  return fresh;
}

/** An entry is a message of its own: the key in field 1, the value in field 2. */
function addEntry(target: MutableJsonMap, name: string, type: FieldType, entry: WireReader, depth: number): void {
  let key = "";
  let value = nothing;
  while (hasMore(entry)) {
    const { number, wire } = readTag(entry);
    if (number > 2) {
      skipField(entry, wire);
      continue;
    }
    if (wire !== 2) throw wrongWire(wire, name);
    if (number === 1) key = readText(readPart(entry));
    else value = readPart(entry);
  }
  setOwn(innerObject(target, name), key, readValue(value, type, depth) ?? null);
}

/** `undefined`: the value stands for "not set". */
function readValue(part: WireReader, type: FieldType, depth: number): MutableJson | undefined {
  if (typeof type === "object") {
    const object: MutableJsonMap = {};
    readMessage(object, part, type.message, depth + 1);
    return object;
  }
  switch (type) {
    case "string":
      return readText(part);
    case "bytes":
      return Buffer.from(restOf(part)).toString("base64");
    case "bool":
    case "int32":
    case "int64":
      return readNumber(part, type);
    default:
      return hasMore(part) || type === "int-or-string" || type === "quantity"
        ? readSpecial(part, type, depth)
        : undefined;
  }
}

type NumberType = Extract<ValueType, "bool" | "int32" | "int64">;
type SpecialType = Exclude<ValueType, NumberType | "string" | "bytes">;

/** The types whose JSON is not that of a message. */
function readSpecial(part: WireReader, type: SpecialType, depth: number): MutableJson {
  const inner: MutableJsonMap = {};
  readMessage(inner, part, type === "micro-time" ? "time" : type, depth + 1);
  switch (type) {
    case "time":
      return `${secondsText(inner["seconds"])}Z`;
    case "micro-time":
      return `${secondsText(inner["seconds"])}.${microsText(inner["nanos"])}Z`;
    case "quantity":
      return inner["text"] ?? "0";
    case "int-or-string":
      return inner["type"] === 1 ? (inner["text"] ?? "") : (inner["number"] ?? 0);
    case "json":
      return readJson(inner["text"]);
    case "texts":
      return inner["items"] ?? [];
  }
}

function readNumber(reader: WireReader, type: NumberType): boolean | number | bigint {
  const value = readVarint(reader);
  if (type === "bool") return value !== 0n;
  const signed = BigInt.asIntN(type === "int32" ? 32 : 64, value);
  const short = Number(signed);
  return Number.isSafeInteger(short) ? short : signed;
}

function readText(part: WireReader): string {
  if (!hasMore(part)) return "";
  try {
    return utf8.decode(restOf(part));
  } catch (error) {
    if (error instanceof TypeError) throw new WireFault("a text is not valid UTF-8");
    throw error;
  }
}

/** The years 1 to 9999, in seconds: what RFC 3339 can write. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

function secondsText(seconds: MutableJson = 0): string {
  if (typeof seconds !== "number" || seconds < firstSecond || seconds > lastSecond)
    throw new WireFault("a time is out of range");
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** Six digits of nanoseconds: JSON has no more. */
function microsText(nanos: MutableJson = 0): string {
  if (typeof nanos !== "number" || nanos < 0 || nanos > 999_999_999) throw new WireFault("a time is out of range");
  return String(Math.floor(nanos / 1000)).padStart(6, "0");
}

function readJson(text: MutableJson | undefined): MutableJson {
  try {
    // What parseJson makes is fresh.
    return typeof text === "string" ? (parseJson(text) as MutableJson) : null;
  } catch (error) {
    // The parser's message would quote the text.
    if (error instanceof SyntaxError) throw new WireFault("a part that holds JSON is not valid JSON");
    if (error instanceof RangeError) throw new WireFault("exceeded max depth");
    throw error;
  }
}
