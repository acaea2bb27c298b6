import { isMap } from "../../resource/index.ts";
import type { FieldPath, FieldStep } from "../diff/field-path.ts";
import {
  booleanOf,
  type ConfigNode,
  faultAt,
  fieldsOf,
  isGiven,
  itemsOf,
  requiredTextOf,
  textOf,
  textsOf,
} from "./config-node.ts";
import { any, type Matcher } from "./matchers.ts";
import type { ConfigTools } from "./tools.ts";

/** `resourceMatchers`: one of them is enough, none match nothing. */
export function parseMatchers(node: ConfigNode): Matcher {
  return any(...itemsOf(node).map(parseMatcher));
}

const matcherNames = [
  "allMatcher",
  "anyMatcher",
  "notMatcher",
  "andMatcher",
  "apiGroupKindMatcher",
  "apiVersionKindMatcher",
  "kindNamespaceNameMatcher",
  "hasAnnotationMatcher",
  "hasNamespaceMatcher",
  "customResourceMatcher",
  "emptyFieldMatcher",
] as const;

function parseMatcher(node: ConfigNode): Matcher {
  const given = fieldsOf(node, matcherNames);
  const [name, ...others] = matcherNames.filter((candidate) => isGiven(given[candidate]));
  if (name === undefined) throw faultAt(node, `expected one of ${matcherNames.join(", ")}`);
  if (others.length > 0) throw faultAt(node, `expected one matcher, but found ${[name, ...others].join(", ")}`);
  const body = given[name];
  switch (name) {
    case "allMatcher":
      fieldsOf(body, []);
      return { match: "all" };
    case "customResourceMatcher":
      fieldsOf(body, []);
      return { match: "custom-resource" };
    case "anyMatcher":
      return any(...itemsOf(fieldsOf(body, ["matchers"]).matchers).map(parseMatcher));
    case "andMatcher":
      return { match: "and", of: itemsOf(fieldsOf(body, ["matchers"]).matchers).map(parseMatcher) };
    case "notMatcher":
      return { match: "not", of: parseMatcher(fieldsOf(body, ["matcher"]).matcher) };
    case "apiGroupKindMatcher": {
      const { apiGroup, kind } = fieldsOf(body, ["apiGroup", "kind"]);
      return { match: "group-kind", group: textOf(apiGroup), kind: textOf(kind) };
    }
    case "apiVersionKindMatcher": {
      const { apiVersion, kind } = fieldsOf(body, ["apiVersion", "kind"]);
      return { match: "kind", apiVersion: textOf(apiVersion), kind: textOf(kind) };
    }
    case "kindNamespaceNameMatcher": {
      const { kind, namespace, name: of } = fieldsOf(body, ["kind", "namespace", "name"]);
      return { match: "object", kind: textOf(kind), namespace: textOf(namespace), name: textOf(of) };
    }
    case "hasAnnotationMatcher":
      return { match: "annotation", keys: textsOf(fieldsOf(body, ["keys"]).keys) };
    case "hasNamespaceMatcher": {
      const names = textsOf(fieldsOf(body, ["names"]).names);
      return names.length === 0 ? { match: "namespaced" } : { match: "namespaced", names };
    }
    case "emptyFieldMatcher":
      return { match: "empty-field", path: parsePath(fieldsOf(body, ["path"]).path) };
  }
}

/** A path of keys and of elements of lists. */
export function parsePath(node: ConfigNode): FieldPath {
  return itemsOf(node).map((step) => parseStep(step));
}

/** A path that ends in a key; patterns stand for keys. */
export function parseKeyPath(node: ConfigNode, tools: ConfigTools): FieldPath {
  const steps = itemsOf(node).map((step) => parseStep(step, tools));
  const last = steps.at(-1);
  if (last === undefined) throw faultAt(node, "expected a path that is not empty");
  if (typeof last !== "string" && !("pattern" in last)) {
    throw faultAt(node, "Expected last part of the path to be map key");
  }
  return steps;
}

/** @param tools Absent where no patterns are allowed. */
function parseStep(node: ConfigNode, tools?: ConfigTools): FieldStep {
  if (typeof node.value === "string") return node.value;
  if (!isMap(node.value)) throw faultAt(node, "Unknown path part");
  const { allIndexes, index, regex } = fieldsOf(node, ["allIndexes", "index", "regex"]);
  const given = [allIndexes, index, regex].filter(isGiven);
  if (given.length !== 1) throw faultAt(node, "Unknown path part");
  if (isGiven(regex)) return parsePattern(regex, tools);
  if (isGiven(index)) {
    if (typeof index.value !== "number" || !Number.isSafeInteger(index.value) || index.value < 0) {
      throw faultAt(index, "expected an index from 0 on");
    }
    return { index: index.value };
  }
  if (!booleanOf(allIndexes)) throw faultAt(allIndexes, "expected true");
  return { each: true };
}

function parsePattern(node: ConfigNode, tools: ConfigTools | undefined): FieldStep {
  const pattern = requiredTextOf(node);
  if (tools === undefined) throw faultAt(node, "Regex in path part is only supported for rebaseRules.");
  if (tools.compileRegex === undefined) throw faultAt(node, "is not supported by lateen yet");
  try {
    return { pattern, fits: tools.compileRegex(pattern) };
  } catch (error) {
    throw faultAt(node, error instanceof Error ? error.message : String(error));
  }
}
