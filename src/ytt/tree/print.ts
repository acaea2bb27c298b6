import { Float, toBytes } from "../../starlark/index.ts";
import {
  stringifyYaml,
  YamlBinary,
  YamlDouble,
  YamlPairs,
  type YamlTree,
  type YamlValue,
} from "../../resource/index.ts";
import { YttError } from "../error.ts";
import {
  ArrayNode,
  type DocumentNode,
  type DocumentSet,
  isEmptyValue,
  isNode,
  isScalar,
  MapNode,
  type NodeValue,
  type Scalar,
  scalarText,
} from "./node.ts";

/** The documents that are printed: not the empty ones. */
export function printableDocuments(set: DocumentSet): readonly DocumentNode[] {
  return set.items.filter((item) => !item.injected && !isEmptyValue(item.value));
}

/** YAML of a document set, as ytt prints it (ytt.md §2.4). */
export function printDocuments(documents: readonly DocumentNode[]): string {
  return documents.map((document) => printValue(document.value)).join("---\n");
}

/** YAML of one value; no document marker, ends in a line break. */
export function printValue(value: NodeValue): string {
  return stringifyYaml(yamlOf(value), { keyOrder: "given", width: "unlimited", mergeKey: "plain" });
}

/** The value as the YAML writer takes it. */
function yamlOf(value: NodeValue): YamlValue {
  if (isScalar(value)) return yamlScalar(value);
  if (value instanceof MapNode) {
    checkKeys(value);
    return new YamlPairs(value.items.map((item) => [yamlScalar(item.key), yamlOf(item.value)] as const));
  }
  if (value instanceof ArrayNode) return value.items.map((item) => yamlOf(item.value));
  if (value instanceof Map)
    return new YamlPairs([...value].map(([key, member]) => [yamlScalar(key), yamlOf(member)] as const));
  if (isNode(value)) throw documentSetInside();
  return value.map(yamlOf);
}

/** Overlays can rename a key to one that is there. */
function checkKeys({ items }: MapNode): void {
  if (items.length < 2) return;
  if (items.length > 8) {
    const seen = new Set<unknown>();
    for (const { key } of items) {
      if (seen.has(key)) throw repeatedKey(key);
      seen.add(key);
    }
    return;
  }
  for (let i = 1; i < items.length; i++)
    for (let j = 0; j < i; j++) {
      const key = items[i]?.key ?? null;
      if (items[j]?.key === key) throw repeatedKey(key);
    }
}

function repeatedKey(key: Scalar): YttError {
  return new YttError(`Unexpected duplicate key: ${scalarText(key)}`);
}

function documentSetInside(): YttError {
  return new YttError("Unexpected document set within a value");
}

/** The value with maps, for conversion to JSON. */
export function yamlTreeOf(value: NodeValue): YamlTree {
  if (value instanceof Float) return new YamlDouble(value.value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof MapNode) {
    checkKeys(value);
    return new Map(value.items.map((item) => [yamlTreeOf(item.key), yamlTreeOf(item.value)] as const));
  }
  if (value instanceof ArrayNode) return value.items.map((item) => yamlTreeOf(item.value));
  if (value instanceof Map)
    return new Map([...value].map(([key, member]) => [yamlTreeOf(key), yamlTreeOf(member)] as const));
  if (isNode(value)) throw documentSetInside();
  return value.map(yamlTreeOf);
}

function yamlScalar(value: Scalar): YamlValue {
  if (value instanceof Float) return new YamlDouble(value.value);
  return typeof value === "string" && !value.isWellFormed() ? new YamlBinary(toBytes(value)) : value;
}
