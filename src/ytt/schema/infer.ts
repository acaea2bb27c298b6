/** Types from examples: the schema's document shows for each value what it looks like (ytt.md §4.1). */
import { Float } from "../../starlark/index.ts";
import { isInputFailure, YttError } from "../error.ts";
import {
  type ArrayItem,
  ArrayNode,
  childNodes,
  type DocumentNode,
  type ItemNode,
  MapItem,
  MapNode,
  type Node,
  type NodeValue,
  typeName,
} from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import { readValidationAnnotation } from "../validation/index.ts";
import { readAnyType, readDefault, readDocumentation, readNullable } from "./annotations.ts";
import { checkAnnotationValue } from "./check.ts";
import { schemaError } from "./report.ts";
import { type Documentation, type ItemType, undocumented, type ValueType } from "./type.ts";
import type { Violation } from "./violation.ts";

/**
 * The type that a node of the schema declares, with all below it.
 * @throws YttError The first fault.
 */
export function inferItem(node: DocumentNode | MapItem | ArrayItem): ItemType {
  const type = inferAnnotated(node);
  const defaultValue = explicitDefault(node, type) ?? { value: impliedDefault(type) };
  return {
    value: withDefault(type, defaultValue.value),
    position: node.position,
    default: defaultValue.value,
    validation: readValidationAnnotation(node, "schema/validation"),
  };
}

function inferAnnotated(node: ItemNode): ValueType {
  const isAny = readAnyType(node);
  const isNullable = readNullable(node);
  const { value, position } = node;
  if (isAny) {
    if (value instanceof MapNode || value instanceof ArrayNode) refuseTypesWithin(value);
    const documentation = checkedDocumentation(node, {
      kind: "any",
      default: null,
      position,
      documentation: undocumented,
    });
    return { kind: "any", default: isNullable ? null : value, position, documentation };
  }
  const inferred = isNullable ? inferNullable(value, position) : inferValue(value, position);
  if (inferred === undefined)
    throw schemaError("Invalid schema - null value not allowed here", {
      position,
      expected: "non-null value",
      found: "null value",
      hints: [
        "in YAML, omitting a value implies null.",
        "to set the default value to null, annotate with @schema/nullable.",
        "to allow any value, annotate with @schema/type any=True.",
      ],
    });
  return { ...inferred, documentation: checkedDocumentation(node, inferred) };
}

function inferNullable(value: NodeValue, position: Position): ValueType | undefined {
  try {
    const inner = inferValue(value, position);
    return inner && { kind: "nullable", inner, position, documentation: undocumented };
  } catch (error) {
    // A fault below a nullable node is told within a report of its own, as ytt does.
    throw isInputFailure(error) ? schemaError("Invalid schema", error) : error;
  }
}

/** `undefined` for null. */
function inferValue(value: NodeValue, position: Position): ValueType | undefined {
  const documentation = undocumented;
  if (value === null) return undefined;
  if (value instanceof MapNode) return inferMap(value);
  if (value instanceof ArrayNode) return inferArray(value);
  switch (typeof value) {
    case "string":
      return { kind: "scalar", scalar: "string", default: value, position, documentation };
    case "boolean":
      return { kind: "scalar", scalar: "boolean", default: value, position, documentation };
    case "number":
    case "bigint":
      return { kind: "scalar", scalar: "integer", default: value, position, documentation };
    default:
      break;
  }
  if (value instanceof Float) return { kind: "scalar", scalar: "float", default: value, position, documentation };
  throw new YttError(`Expected value to be a map, array, or scalar, but was ${typeName(value)}`);
}

function inferMap(map: MapNode): ValueType {
  const items = map.items.map((item) => ({ ...inferItem(item), key: item.key }));
  const byKey = new Map(items.map((item) => [item.key, item]));
  return { kind: "map", items, byKey, position: map.position, documentation: undocumented };
}

function inferArray(array: ArrayNode): ValueType {
  const { position } = array;
  const [item, ...others] = array.items;
  if (item === undefined || others.length > 0)
    throw schemaError("Invalid schema - wrong number of items in array definition", {
      position,
      expected: "exactly 1 array item, of the desired type",
      found: `${array.items.length} array items`,
      hints: [
        "in schema, the one item of the array implies the type of its elements.",
        "in schema, the default value for an array is always an empty list.",
        "default values can be overridden via a data values overlay.",
      ],
    });
  const empty = new ArrayNode([], position);
  return { kind: "array", item: inferItem(item), default: empty, position, documentation: undocumented };
}

function impliedDefault(type: ValueType): NodeValue {
  switch (type.kind) {
    case "nullable":
      return null;
    case "map":
      return new MapNode(
        type.items.map((item) => new MapItem(item.key, item.default, item.position)),
        type.position,
      );
    case "array":
    case "scalar":
    case "any":
      return type.default;
  }
}

function explicitDefault(node: ItemNode, type: ValueType): { readonly value: NodeValue } | undefined {
  const given = readDefault(node, type);
  if (given === undefined) return undefined;
  const { completed, violations } = checkAnnotationValue(given.value, type);
  if (violations.length > 0)
    throw schemaError(
      "Invalid schema - @schema/default is wrong type",
      ...violations.map((violation) => atAnnotation(violation, given.position, "at")),
    );
  return { value: completed };
}

/** A map's defaults are those of its items. */
function withDefault(type: ValueType, value: NodeValue): ValueType {
  switch (type.kind) {
    case "map":
      return type;
    case "nullable":
      return { ...type, inner: withDefault(type.inner, value) };
    case "array":
    case "scalar":
    case "any":
      return { ...type, default: value };
  }
}

function checkedDocumentation(node: ItemNode, type: ValueType): Documentation {
  const documentation = readDocumentation(node);
  const violations = documentation.examples.flatMap(({ value }) => checkAnnotationValue(value, type).violations);
  if (violations.length > 0) {
    const { position } = node.annotation("schema/examples") ?? node;
    throw schemaError(
      "Invalid schema - @schema/examples has wrong type",
      ...violations.map((violation) => atAnnotation(violation, position, "by")),
    );
  }
  return documentation;
}

function atAnnotation(violation: Violation, position: Position, word: "at" | "by"): Violation {
  return {
    ...violation,
    annotations: [position],
    found: `${violation.found ?? ""} (${word} ${position.compact()})`,
  };
}

/** Where any value is allowed nothing below can say otherwise. */
function refuseTypesWithin(node: Node): void {
  const names = ["schema/nullable", "schema/type", "schema/default"].filter((name) => node.has(name));
  if (names.length > 0)
    throw schemaError("Invalid schema", {
      annotations: names.map((name) => (node.annotation(name) ?? node).position),
      position: node.position,
      description: 'Schema was specified within an "any type" fragment',
      expected: "no '@schema/...' on nodes within a node annotated '@schema/type any=True'",
      found: `@${names.join(", @")} annotation(s)`,
      hints: ['an "any type" fragment has no constraints; nested schema annotations conflict and are disallowed'],
    });
  for (const child of childNodes(node)) refuseTypesWithin(child);
}
