/**
 * OpenAPI v2 in the only form in which kubectl reads it: gnostic's `openapi.v2.Document` as protobuf. kubectl up to 1.28 asks it whether the
 * server validates fields before it applies anything, and up to 1.27 explains kinds from it.
 * Field numbers are those of gnostic's OpenAPIv2.proto; fields with their default value are left out.
 */
import { isList, isMap, type Json, own, stringifyJson } from "../resource/index.ts";

/** The name as it is answered. */
export const openApiV2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** Clients ask with an `@` where a media type allows none, and do not understand it in the answer. */
export const asksForOpenApiV2Protobuf = (accept: string): boolean =>
  accept.replace("v2@v1.0", "v2.v1.0").includes(openApiV2Protobuf);

/** The document as bytes: titles, paths with their parameters, and definitions. */
export function encodeOpenApiV2(document: Json): Uint8Array<ArrayBuffer> {
  const info = own(document, "info");
  const paths = entriesOf(own(document, "paths")).map(([name, value]) => message(2, named(name, pathItem(value))));
  const definitions = entriesOf(own(document, "definitions")).map(([name, value]) =>
    message(1, named(name, schema(value))),
  );
  return new Uint8Array(
    Buffer.concat([
      text(1, own(document, "swagger")),
      message(2, [text(1, own(info, "title")), text(2, own(info, "version"))]),
      message(8, paths),
      message(9, definitions),
    ]),
  );
}

const operationNumbers: readonly (readonly [string, number])[] = [
  ["get", 2],
  ["put", 3],
  ["post", 4],
  ["delete", 5],
  ["patch", 8],
];

function pathItem(value: Json): readonly Buffer[] {
  return operationNumbers.flatMap(([name, number]) => {
    const found = own(value, name);
    return found === undefined ? [] : [message(number, operation(found))];
  });
}

function operation(value: Json): readonly Buffer[] {
  return [
    ...textsOf(own(value, "consumes")).map((type) => text(7, type)),
    ...itemsOf(own(value, "parameters")).map((parameter) =>
      message(8, [message(1, [message(2, [message(3, query(parameter))])])]),
    ),
    ...extensions(13, value),
  ];
}

function query(parameter: Json): readonly Buffer[] {
  return [text(2, "query"), text(4, own(parameter, "name")), text(6, own(parameter, "type"))];
}

function schema(value: Json): readonly Buffer[] {
  const additional = own(value, "additionalProperties");
  const items = own(value, "items");
  const properties = own(value, "properties");
  return [
    text(1, own(value, "$ref")),
    text(2, own(value, "format")),
    text(4, own(value, "description")),
    ...textsOf(own(value, "required")).map((name) => text(19, name)),
    ...(isMap(additional) ? [message(21, [message(1, schema(additional))])] : []),
    ...(typeof own(value, "type") === "string" ? [message(22, [text(1, own(value, "type"))])] : []),
    ...(items === undefined ? [] : [message(23, [message(1, schema(items))])]),
    ...(isMap(properties)
      ? [
          message(
            25,
            entriesOf(properties).map(([name, member]) => message(1, named(name, schema(member)))),
          ),
        ]
      : []),
    ...extensions(31, value),
  ];
}

/** `x-…` members, as YAML (of which JSON is a part). */
function extensions(number: number, value: Json): readonly Buffer[] {
  return entriesOf(value)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, member]) => message(number, named(name, [text(2, stringifyJson(member))])));
}

const named = (name: string, value: readonly Buffer[]): readonly Buffer[] => [text(1, name), message(2, value)];

/** A member with nothing in it is written too: it says that something is there. */
function message(number: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(body.length)]), body]);
}

function text(number: number, value: Json | undefined): Buffer {
  return typeof value === "string" && value !== "" ? message(number, [Buffer.from(value)]) : Buffer.alloc(0);
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))];
}

function entriesOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isMap(value)
    ? Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, member] as const]))
    : [];
}

const itemsOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);
const textsOf = (value: Json | undefined): readonly string[] => itemsOf(value).filter((one) => typeof one === "string");
