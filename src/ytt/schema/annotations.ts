import { Tuple, typeOf, type Value } from "../../starlark/index.ts";
import { YttError } from "../error.ts";
import { fromStarlark, nodesOf } from "../tree/convert.ts";
import { type Annotation, copyValue, DocumentSet, type ItemNode, type NodeValue } from "../tree/node.ts";
import type { Position } from "../tree/position.ts";
import { goTypeOf } from "../values/builtin.ts";
import { schemaError } from "./report.ts";
import { type Documentation, type Example, typeLabel, undocumented, type ValueType } from "./type.ts";
import type { Violation } from "./violation.ts";

/** `@schema/type`: whether any value is allowed. */
export function readAnyType(node: ItemNode): boolean {
  const annotation = node.annotation("schema/type");
  if (annotation === undefined) return false;
  const by = ` (by ${annotation.position.compact()})`;
  const fault = (violation: Partial<Violation>): YttError => misuse(node, annotation, violation);
  if (annotation.kwargs.length === 0)
    throw fault({
      description: "expected @schema/type annotation to have keyword argument and value",
      expected: "valid keyword argument and value",
      found: `missing keyword argument and value${by}`,
      hints: ["Supported key-value pairs are 'any=True', 'any=False'"],
    });
  let isAny = false;
  for (const [name, value] of annotation.kwargs) {
    const unknown = {
      description: "unknown @schema/type annotation keyword argument",
      hints: ["Supported kwargs are 'any'"],
    };
    if (name !== "any") throw fault({ ...unknown, expected: "A valid kwarg", found: `${name}${by}` });
    if (typeof value !== "boolean")
      throw fault({ ...unknown, expected: "starlark.Bool", found: `${goTypeOf(value)}${by}` });
    isAny = value;
  }
  return isAny;
}

export function readNullable(node: ItemNode): boolean {
  const annotation = node.annotation("schema/nullable");
  if (annotation === undefined) return false;
  if (annotation.kwargs.length > 0)
    throw misuse(node, annotation, {
      description: "expected @schema/nullable annotation to not contain any keyword arguments",
      expected: "starlark.Bool",
      found: `keyword argument in @schema/nullable (by ${annotation.position.compact()})`,
      hints: ["Supported kwargs are 'any'"],
    });
  return true;
}

export interface DefaultValue {
  readonly value: NodeValue;
  readonly position: Position;
}

export function readDefault(node: ItemNode, type: ValueType): DefaultValue | undefined {
  const annotation = node.annotation("schema/default");
  if (annotation === undefined) return undefined;
  if (node.kind === "array item")
    throw schemaError(
      "Invalid schema",
      schemaError("Invalid schema - @schema/default not supported on array item", {
        annotations: [annotation.position],
        position: node.position,
        hints: [
          "do you mean to set a default value for the array?",
          "set an array's default by annotating its parent.",
        ],
      }),
    );
  const expected = `${typeLabel(type)} (by ${type.position.compact()})`;
  const argument = onlyArgument({ node, name: "schema/default", annotation, expected }, [
    "this annotation only accepts one argument: the default value.",
    "value must be in Starlark format, e.g.: {'key': 'value'}, True.",
  ]);
  return { value: nodeValue(argument, node.position), position: annotation.position };
}

export function readDocumentation(node: ItemNode): Documentation {
  const description = readText(node, "schema/desc");
  const title = readText(node, "schema/title");
  const examples = readExamples(node);
  const deprecation = node.annotation("schema/deprecated");
  if (deprecation !== undefined && node.kind === "document")
    throw misuse(node, deprecation, {
      description: "@schema/deprecated not supported on a document",
      hints: ["do you mean to deprecate the entire schema document?", "use schema/deprecated on individual keys."],
    });
  const notice = readText(node, "schema/deprecated");
  const isDocumented = description !== undefined || title !== undefined || examples.length > 0 || notice !== undefined;
  if (!isDocumented) return undocumented;
  return { description: description ?? "", title: title ?? "", examples, isDeprecated: notice !== undefined };
}

/** An annotation with positional arguments, and what those should be. */
interface Usage {
  readonly node: ItemNode;
  readonly name: string;
  readonly annotation: Annotation;
  readonly expected: string;
}

function readText(node: ItemNode, name: string): string | undefined {
  const annotation = node.annotation(name);
  if (annotation === undefined) return undefined;
  const usage: Usage = { node, name, annotation, expected: "string" };
  const argument = onlyArgument(usage, ["this annotation only accepts one argument: a string."]);
  if (typeof argument !== "string") throw syntaxError(usage, `Non-string value in @${name} (by`);
  return argument;
}

function onlyArgument(usage: Usage, keywordHints: readonly string[]): Value {
  const { name, annotation } = usage;
  if (annotation.kwargs.length > 0) throw syntaxError(usage, `keyword argument in @${name} (by`, keywordHints);
  const [argument, ...others] = annotation.args;
  if (argument === undefined) throw syntaxError(usage, `missing value in @${name} (by`);
  if (others.length > 0) throw syntaxError(usage, `${annotation.args.length} values in @${name} (by`);
  return argument;
}

function readExamples(node: ItemNode): readonly Example[] {
  const name = "schema/examples";
  const annotation = node.annotation(name);
  if (annotation === undefined) return [];
  const expected = "2-tuple containing description (string) and example value (of expected type)";
  const usage: Usage = { node, name, annotation, expected };
  if (annotation.kwargs.length > 0) throw syntaxError(usage, `keyword argument in @${name} (by`);
  if (annotation.args.length === 0) throw syntaxError(usage, `missing value in @${name} (by`);
  return annotation.args.map((argument) => {
    if (!(argument instanceof Tuple)) throw syntaxError(usage, `${typeOf(argument)} for @${name} (at`);
    const [description, value, ...others] = argument.items;
    // ytt calls a tuple of one empty as well.
    if (description === undefined || value === undefined) throw syntaxError(usage, `empty tuple in @${name} (by`);
    if (others.length > 0) throw syntaxError(usage, `${argument.items.length}-tuple argument in @${name} (by`);
    if (typeof description !== "string") throw syntaxError(usage, `${typeOf(description)} value for @${name} (at`);
    return { description, value: nodeValue(value, node.position) };
  });
}

function nodeValue(value: Value, position: Position): NodeValue {
  const converted = fromStarlark(value);
  if (converted instanceof DocumentSet) throw new YttError("Expected a value, but was document set");
  return nodesOf(copyValue(converted), position);
}

/** @param found Ends in the bracket that the annotation's position comes in. */
function syntaxError(usage: Usage, found: string, hints: readonly string[] = []): YttError {
  const { node, name, annotation, expected } = usage;
  return misuse(node, annotation, {
    description: `syntax error in @${name} annotation`,
    expected,
    found: `${found} ${annotation.position.compact()})`,
    hints,
  });
}

function misuse(node: ItemNode, annotation: Annotation, violation: Partial<Violation>): YttError {
  return schemaError("Invalid schema", {
    annotations: [annotation.position],
    position: node.position,
    ...violation,
  });
}
