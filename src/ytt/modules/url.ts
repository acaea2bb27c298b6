import {
  type Builtin,
  type CallContext,
  Dict,
  Float,
  List,
  StarlarkFailure,
  type Value,
} from "../../starlark/index.ts";
import { ArrayNode, type DocumentSet, isNode, MapNode, type NodeValue } from "../tree/node.ts";
import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { getter, type ModuleMembers, moduleOf, oneString } from "./builtin.ts";
import { encodable, sortedEntries } from "./encodable.ts";
import { TypedStruct } from "./typed-struct.ts";
import { escapeUrl, unescapeUrl } from "./url-escape.ts";
import { formatUrl, formatUser, hostName, parseUrl, type Url, type UrlUser } from "./url-parse.ts";

const bytesPerParameter = 64;

/** `@ytt:url`. */
export const urlModule: ModuleMembers = moduleOf("url", {
  path_segment_encode: ofText("path_segment_encode", (text) => escapeUrl(text, "path segment")),
  path_segment_decode: ofText("path_segment_decode", (text) => unescapeUrl(text, "path segment")),
  query_param_value_encode: ofText("query_param_value_encode", (text) => escapeUrl(text, "query")),
  query_param_value_decode: ofText("query_param_value_decode", (text) => unescapeUrl(text, "query")),
  query_params_encode: yttFunction("url.query_params_encode", (args, _kwargs, context) =>
    encodeParameters(encodable(onlyArgument(args), context, 0)),
  ),
  query_params_decode: ofText("query_params_decode", decodeParameters),
  parse: ofText("parse", (text) => urlValue(parseUrl(text))),
});

function ofText(name: string, answer: (text: string, context: CallContext) => Value): Builtin {
  return yttFunction(`url.${name}`, (args, _kwargs, context) => answer(oneString(args, context), context));
}

function encodeParameters(value: NodeValue | DocumentSet): string {
  if (!(value instanceof Map)) throw new StarlarkFailure(`expected argument to be a map, but was ${goTypeOf(value)}`);
  const entries = [...value].map(([key, values]) => {
    if (typeof key !== "string") throw new StarlarkFailure(`expected map key to be string, but was ${goTypeOf(key)}`);
    if (!Array.isArray(values))
      throw new StarlarkFailure(`expected map value to be array, but was ${goTypeOf(values)}`);
    return [key, values.map(parameterText)] as const;
  });
  return sortedEntries(entries)
    .flatMap(([key, values]) => values.map((text) => `${escapeUrl(key, "query")}=${escapeUrl(text, "query")}`))
    .join("&");
}

function parameterText(value: NodeValue): string {
  if (typeof value === "string") return value;
  throw new StarlarkFailure(`expected array value to be string, but was ${goTypeOf(value)}`);
}

/** The type as ytt's messages have it for what a program's value became. */
function goTypeOf(value: NodeValue | DocumentSet): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int64";
  if (typeof value === "bigint") return value < 0 || value < 2n ** 63n ? "int64" : "uint64";
  if (typeof value === "string") return "string";
  if (value instanceof Float) return "float64";
  if (value instanceof MapNode) return "*yamlmeta.Map";
  if (value instanceof ArrayNode) return "*yamlmeta.Array";
  if (isNode(value)) return "*yamlmeta.DocumentSet";
  return value instanceof Map ? "*orderedmap.Map" : "[]interface {}";
}

/** A semicolon separates as well, as it did before Go 1.17. */
function decodeParameters(query: string, context: CallContext): Value {
  const parameters = query.split(/[&;]/);
  context.allocate(parameters.length * bytesPerParameter);
  const values = new Map<string, Value[]>();
  for (const parameter of parameters) {
    if (parameter === "") continue;
    const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(parameter) ?? [];
    const name = unescapeUrl(key, "query");
    const known = values.get(name);
    const text = unescapeUrl(value, "query");
    if (known === undefined) values.set(name, [text]);
    else known.push(text);
  }
  return Dict.of(sortedEntries(values).map(([name, texts]) => [name, new List(texts)] as const));
}

function urlValue(url: Url): Value {
  return new TypedStruct("url.value", {
    user: url.user === undefined ? null : userValue(url.user),
    without_user: getter("url.value.without_user", () => urlValue({ ...url, user: undefined })),
    string: getter("url.value.string", () => formatUrl(url)),
    hostname: getter("url.value.hostname", () => hostName(url)),
  });
}

function userValue(user: UrlUser): Value {
  return new TypedStruct("url.user", {
    name: user.name,
    password: user.password ?? null,
    string: getter("string", () => formatUser(user)),
  });
}
