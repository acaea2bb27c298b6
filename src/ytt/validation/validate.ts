import { type CallContext, limitOf, StarlarkFunction, typeOf, type Value } from "../../starlark/index.ts";
import { inStep, isInputFailure, YttError } from "../error.ts";
import { toStarlark } from "../values/fragment.ts";
import { type DocumentNode, type ItemNode, scalarText, MapNode, ArrayNode } from "../tree/node.ts";
import { StructValue } from "../values/struct.ts";
import { readValidationAnnotation } from "./annotation.ts";
import type { Rule, Validation } from "./validation.ts";

/** A node, and what its validations are given. */
interface Place {
  readonly node: ItemNode;
  readonly path: string;
  readonly value: Value;
  /** The map or array that the node is in. */
  readonly parent: Value;
  readonly validations: readonly Validation[];
}

/**
 * Runs the validations of the final data values: the schema's, that `Schema.typeAndCheck` gave to the nodes, and those that the nodes are
 * annotated with. Answers a report, `undefined` when all hold.
 * @throws YttError An annotation is malformed, or a `when=` fails.
 */
export function validate(document: DocumentNode, context: CallContext): string | undefined {
  const root = toStarlark(document.value);
  // All annotations are read before any rule runs.
  const entries = [...validatedPlaces(document, null, "")].flatMap((place) =>
    place.validations
      .filter((validation) => applies(validation, place, root, context))
      .map((validation) => failureText(validation, place, context)),
  );
  const report = entries.join("");
  return report === "" ? undefined : report;
}

/** Parents come before what they hold. */
function* validatedPlaces(node: ItemNode, parent: Value, path: string): Iterable<Place> {
  const value = toStarlark(node.value);
  const own = [node.facts?.schemaValidation, readValidationAnnotation(node, "assert/validate")];
  const validations = own.filter((validation) => validation !== undefined);
  if (validations.length > 0) yield { node, path, value, parent, validations };
  if (node.value instanceof MapNode) {
    for (const item of node.value.items)
      yield* validatedPlaces(item, value, `${path}${path === "" ? "" : "."}${scalarText(item.key)}`);
  } else if (node.value instanceof ArrayNode) {
    for (const [index, item] of node.value.items.entries()) yield* validatedPlaces(item, value, `${path}[${index}]`);
  }
}

function applies({ rules, when }: Validation, place: Place, root: Value, context: CallContext): boolean {
  const { value, parent, path } = place;
  if (value === null && !rules.some(({ isCritical }) => isCritical)) return false;
  if (when === undefined) return true;
  const count = parameterCount(when);
  if (count !== 1 && count !== 2)
    throw new YttError(
      `Validating ${path}: Failed to evaluate when=: function must accept 1 or 2 arguments (${count} given)`,
    );
  const surroundings = new StructValue(
    new Map([
      ["parent", parent],
      ["root", root],
    ]),
  );
  const answer = answerOf(when, count === 1 ? [value] : [value, surroundings], path, context);
  if (typeof answer !== "boolean")
    throw new YttError(`Validating ${path}: want when= to be bool, got ${typeOf(answer)}`);
  return answer;
}

/** Functions of modules take one. */
function parameterCount(callee: Value): number {
  return callee instanceof StarlarkFunction ? callee.parameterCount : 1;
}

function answerOf(when: Value, args: readonly Value[], path: string, context: CallContext): Value {
  try {
    return call(when, args, context);
  } catch (error) {
    throw inStep(`Validating ${path}: Failure evaluating when=`, error);
  }
}

/** What a report says of a node; empty when all rules hold. */
function failureText({ rules, position }: Validation, place: Place, context: CallContext): string {
  const by = `(by: ${position.compact()})`;
  const failures: string[] = [];
  for (const rule of rules) {
    const found = failureOf(rule, place.value, context);
    if (found === undefined) continue;
    failures.push(`    - must be: ${rule.message} ${by}\n${found === "" ? "" : `      found: ${found}\n`}`);
    if (rule.isCritical) break;
  }
  if (failures.length === 0) return "";
  const path = place.path === "" ? `(${place.node.kind})` : place.path;
  return `  ${path}\n    from: ${place.node.position.compact()}\n${failures.join("")}\n`;
}

/** The reason that a failing rule gives, which may be empty; `undefined` when the rule holds. */
function failureOf(rule: Rule, value: Value, context: CallContext): string | undefined {
  try {
    return call(rule.check, [value], context) === true ? undefined : "";
  } catch (error) {
    if (!isInputFailure(error)) throw error;
    return error.message.replace(/^fail: /, "").replace(/^check: /, "");
  }
}

/** A met limit is no answer of the function: it ends everything. */
function call(callee: Value, args: readonly Value[], context: CallContext): Value {
  try {
    return context.call(callee, args);
  } catch (error) {
    throw limitOf(error) ?? error;
  }
}
