import { type CallContext, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { isInputFailure } from "../error.ts";
import { encodable } from "../modules/encodable.ts";
import { encodeYaml, yamlIndent } from "../modules/yaml.ts";
import { toStarlarkPlain } from "../tree/convert.ts";
import { readYaml } from "../tree/read.ts";

/**
 * A value as it is once written as YAML and read again: rules compare such values, so that fragments are dicts (an empty one is None) and
 * whole floats are ints.
 */
export function decoded(value: Value, context: CallContext): Value {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  const [document, ...others] = readYaml(encoded(value, context), { file: "", withComments: false }).items;
  if (document === undefined || others.length > 0)
    throw new StarlarkFailure("yaml.decode: Expected to find exactly one YAML document");
  return toStarlarkPlain(document.value);
}

function encoded(value: Value, context: CallContext): string {
  try {
    return encodeYaml(encodable(value, context, yamlIndent));
  } catch (error) {
    throw isInputFailure(error) ? new StarlarkFailure(`yaml.encode: ${error.message}`) : error;
  }
}
