/**
 * The messages of Kubernetes' protobuf bodies. Notation of protobuf-fields.ts, a line per message: `Name 1=title 2=count!:int32 3=parts[]:Part`.
 * A field is `NUMBER=NAME`, then `[]` when it repeats, `{}` when it is a map from text, `!` when also its zero is meant (a pointer in Go, or
 * a member that JSON always has), then `:TYPE` unless it is a text. A field without a name is a message whose fields are the parent's in JSON.
 */
import { protobufFields, protobufKinds } from "./protobuf-fields.ts";

/** Types that are no messages, with their form in JSON. */
const valueTypes = [
  "string",
  "bool",
  "int32",
  "int64",
  /** Base64. */
  "bytes",
  /** A point in time: RFC 3339, in seconds or microseconds. */
  "time",
  "micro-time",
  /** A text such as `500m`. */
  "quantity",
  "int-or-string",
  /** JSON text as such: any JSON. */
  "json",
  /** A list of texts that is a type of its own, for maps of lists. */
  "texts",
] as const;

export type ValueType = (typeof valueTypes)[number];
export type FieldType = ValueType | { readonly message: string };

export interface MessageField {
  readonly name: string;
  readonly type: FieldType;
  /** `unless-zero`: a zero or empty text stands for "absent". */
  readonly holds: "always" | "unless-zero" | "list" | "map";
}

export type MessageFields = ReadonlyMap<number, MessageField>;

/** Messages that are not in the Go types: the inner form of value types. */
const innerMessages = `
time 1=seconds!:int64 2=nanos!:int32
quantity 1=text
int-or-string 1=type!:int64 2=number!:int32 3=text!
json 1=text
texts 1=items[]
`;

const kinds = readLines(protobufKinds);
const notations = readLines(protobufFields + innerMessages);
/** Read when first needed: a process sees few of them. */
const known = new Map<string, MessageFields>();

/** The name of the message that is the kind, `undefined` for kinds that are only read as JSON. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  // Clients send these under the API version of what they delete.
  return kind === "DeleteOptions" ? "meta.DeleteOptions" : kinds.get(`${apiVersion}/${kind}`);
}

/** @throws RangeError for a name that is not in the tables: a mistake of the program. */
export function fieldsOf(message: string): MessageFields {
  const before = known.get(message);
  if (before !== undefined) return before;
  const notation = notations.get(message);
  if (notation === undefined) throw new RangeError(`no message ${message}`);
  const fields = new Map(notation.split(" ").filter(Boolean).map(parseField));
  known.set(message, fields);
  return fields;
}

function readLines(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => {
        const [name = ""] = line.split(" ", 1);
        return [name, line.slice(name.length + 1)];
      }),
  );
}

const fieldPattern = /^(?<number>\d+)=(?<name>\w*)(?<label>!|\[\]|\{\}|)(?::(?<type>\S+))?$/;

function parseField(text: string): readonly [number, MessageField] {
  const { number, name, label, type = "string" } = fieldPattern.exec(text)?.groups ?? {};
  if (number === undefined || name === undefined) throw new RangeError(`no field: ${text}`);
  const holds = label === "[]" ? "list" : label === "{}" ? "map" : label === "!" ? "always" : "unless-zero";
  return [Number(number), { name, holds, type: valueTypes.find((one) => one === type) ?? { message: type } }];
}
