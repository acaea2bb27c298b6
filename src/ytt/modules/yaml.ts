import { StarlarkFailure, str, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { toStarlarkPlain } from "../tree/convert.ts";
import { ArrayNode, DocumentSet, MapNode, type NodeValue, type Scalar } from "../tree/node.ts";
import { printableDocuments, printDocuments, printValue } from "../tree/print.ts";
import { readYaml } from "../tree/read.ts";
import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf, oneString } from "./builtin.ts";
import { encodable } from "./encodable.ts";

export const yamlIndent = 2;

/** `@ytt:yaml`. */
export const yamlModule: ModuleMembers = moduleOf("yaml", {
  encode: yttFunction("yaml.encode", (args, _kwargs, context) =>
    encodeYaml(encodable(onlyArgument(args), context, yamlIndent)),
  ),
  decode: yttFunction("yaml.decode", (args, _kwargs, context) => decodeYaml(oneString(args, context))),
});

/** Document sets with their markers. Null is an empty document, and so are empty maps and arrays of YAML, but not `{}` and `[]` of programs. */
export function encodeYaml(value: NodeValue | DocumentSet): string {
  if (value instanceof DocumentSet) return printDocuments(printableDocuments(value));
  const isEmpty =
    value === null || ((value instanceof MapNode || value instanceof ArrayNode) && value.items.length === 0);
  return isEmpty ? "" : printValue(value);
}

function decodeYaml(text: string): Value {
  const { items } = readYaml(text, { file: "", withComments: false });
  const [document] = items;
  if (items.length !== 1 || document === undefined) throw new YttError("Expected to find exactly one YAML document");
  checkUniqueKeys(document.value);
  return toStarlarkPlain(document.value);
}

function checkUniqueKeys(value: NodeValue): void {
  if (!(value instanceof MapNode || value instanceof ArrayNode)) return;
  const keys = new Set<Scalar>();
  for (const item of value.items) {
    if (item.kind === "map item" && keys.size === keys.add(item.key).size)
      throw new StarlarkFailure(`Unexpected duplicate key: ${str(item.key)}`);
    checkUniqueKeys(item.value);
  }
}
