import { Dict, HostValue, isCallable, List, StarlarkSet, Tuple, typeOf, type Value } from "../../starlark/index.ts";
import { isInputFailure, YttError } from "../error.ts";
import type { Annotation, ItemNode } from "../tree/node.ts";
import { keywordRule, keywordsInOrder } from "./keyword-rules.ts";
import { shown } from "./shown.ts";
import type { Rule, Validation } from "./validation.ts";

/**
 * The validation that an annotation of this name declares; `undefined` without one.
 * @throws YttError `Invalid @… annotation - …`.
 */
export function readValidationAnnotation(
  node: ItemNode,
  name: "schema/validation" | "assert/validate",
): Validation | undefined {
  const annotation = node.annotation(name);
  if (annotation === undefined) return undefined;
  try {
    return validationOf(annotation);
  } catch (error) {
    throw isInputFailure(error) ? new YttError(`Invalid @${name} annotation - ${error.message}`) : error;
  }
}

function validationOf({ args, kwargs, position }: Annotation): Validation {
  const place = position.compact();
  if (args.length === 0 && kwargs.length === 0)
    throw new YttError(`expected annotation to have 2-tuple as argument(s), but found no arguments (by ${place})`);
  const rules = args.map((argument) => ruleOf(argument, place));
  const named = new Map<string, Rule | undefined>();
  let when: Value | undefined;
  for (const [name, value] of kwargs) {
    if (name !== "when") named.set(name, keywordRule(name, value, place));
    else if (isCallable(value)) when = value;
    else
      throw new YttError(`expected keyword argument "when" to be a function, but was ${typeOf(value)} (at ${place})`);
  }
  rules.push(...keywordsInOrder.map((name) => named.get(name)).filter((rule) => rule !== undefined));
  const critical = rules.filter(({ isCritical }) => isCritical);
  const others = rules.filter(({ isCritical }) => !isCritical);
  return { rules: [...critical, ...others], when, position };
}

function ruleOf(argument: Value, place: string): Rule {
  if (!(argument instanceof Tuple))
    throw new YttError(
      `expected annotation to have 2-tuple as argument(s), but found: ${shown(argument)} (by ${place})`,
    );
  const [message, assertion, ...others] = argument.items;
  if (message === undefined || assertion === undefined || others.length > 0)
    throw new YttError(`expected 2-tuple, but found tuple with length ${argument.items.length} (by ${place})`);
  if (typeof message !== "string")
    throw new YttError(
      `expected first item in the 2-tuple to be a string describing a valid value, but was ${typeOf(message)} (at ${place})`,
    );
  return { message, check: checkOf(assertion, place), isCritical: false };
}

/** The function itself, or that of an assertion object. */
function checkOf(assertion: Value, place: string): Value {
  if (isCallable(assertion)) return assertion;
  const type = typeOf(assertion);
  if (!hasAttributes(assertion))
    throw new YttError(
      `expected second item in the 2-tuple to be an assertion function, but was ${type} (at ${place})`,
    );
  const check = assertion instanceof HostValue ? assertion.attribute?.("check") : undefined;
  if (check === undefined)
    throw new YttError(
      `expected second item in tuple to be an assertion function or assertion object, but was a ${type} (at ${place})`,
    );
  if (!isCallable(check))
    throw new YttError(`expected struct with attribute check(), but was ${typeOf(check)} (at ${place})`);
  return check;
}

function hasAttributes(value: Value): boolean {
  if (value instanceof HostValue) return value.attribute !== undefined;
  return typeof value === "string" || value instanceof List || value instanceof Dict || value instanceof StarlarkSet;
}
