import { Float, toBytes } from "../../starlark/index.ts";
import { stringifyYaml, YamlBinary, YamlDouble, type YamlValue } from "../../resource/index.ts";
import { YttError } from "../error.ts";
import {
  ArrayNode,
  type DocumentNode,
  type DocumentSet,
  isEmptyValue,
  isNode,
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
export function yamlOf(value: NodeValue): YamlValue {
  if (value === null || typeof value !== "object" || value instanceof Float) return yamlScalar(value);
  if (value instanceof MapNode) {
    const map = new Map<YamlValue, YamlValue>();
    for (const { key, value: member } of value.items) {
      const yamlKey = yamlScalar(key);
      if (map.has(yamlKey)) throw new YttError(`Unexpected duplicate key: ${scalarText(key)}`);
      map.set(yamlKey, yamlOf(member));
    }
    return map;
  }
  if (value instanceof ArrayNode) return value.items.map((item) => yamlOf(item.value));
  if (value instanceof Map) {
    const map = new Map<YamlValue, YamlValue>();
    for (const [key, member] of value) map.set(yamlScalar(key), yamlOf(member));
    return map;
  }
  if (isNode(value)) throw new YttError("Unexpected document set within a value");
  return value.map(yamlOf);
}

function yamlScalar(value: Scalar): YamlValue {
  if (value instanceof Float) return new YamlDouble(value.value);
  return typeof value === "string" && !value.isWellFormed() ? new YamlBinary(toBytes(value)) : value;
}
