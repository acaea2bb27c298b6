import { annotationsOf, compareCodePoints, describeResource, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { type ChangeGroupBinding } from "../config/change-rules.ts";
import { matches } from "../config/matchers.ts";
import { DeployError } from "../failure.ts";
import { checkGroupName, parseChangeRule, type ChangeRule } from "./change-rule.ts";
import { fillPlaceholders } from "./placeholders.ts";

/** The change groups of a resource: of its annotations and of kapp's bindings. @throws DeployError `DEPLOY_RULE_INVALID` */
export function groupsOf(object: KubeObject, bindings: readonly ChangeGroupBinding[]): ReadonlySet<string> {
  const groups = new Set<string>();
  for (const { value } of annotationsLike(object, annotation.changeGroup)) {
    const name = filled(value, object);
    const problem = checkGroupName(name);
    if (problem !== undefined) throw invalid(object, problem, true);
    groups.add(name);
  }
  for (const binding of bindings) if (matches(binding.matcher, object)) groups.add(filled(binding.group, object));
  return groups;
}

export interface AnnotatedRule {
  readonly rule: ChangeRule;
  /** The annotation that holds it. */
  readonly key: string;
}

/** The change rules that a resource's annotations hold, by annotation key. @throws DeployError `DEPLOY_RULE_INVALID` */
export function annotatedRules(object: KubeObject): AnnotatedRule[] {
  return annotationsLike(object, annotation.changeRule).map(({ key, value }) => ({
    key,
    rule: ruleFor(value, object),
  }));
}

/** One rule text with the resource's placeholders filled in. @throws DeployError `DEPLOY_RULE_INVALID` */
export function ruleFor(text: string, object: KubeObject): ChangeRule {
  const parsed = parseChangeRule(filled(text, object));
  if ("problem" in parsed) throw invalid(object, parsed.problem, true);
  return parsed.rule;
}

function filled(text: string, object: KubeObject): string {
  const result = fillPlaceholders(text, object);
  if ("problem" in result) throw invalid(object, result.problem, false);
  return result.text;
}

/** `key` itself and `key.<anything>`, sorted so that nothing depends on the order of a map. */
function annotationsLike(object: KubeObject, key: string): { readonly key: string; readonly value: string }[] {
  return Object.entries(annotationsOf(object))
    .filter(([name]) => name === key || name.startsWith(`${key}.`))
    .map(([name, value]) => ({ key: name, value }))
    .sort((a, b) => compareCodePoints(a.key, b.key));
}

function invalid(object: KubeObject, message: string, named: boolean): DeployError {
  return new DeployError({ code: "DEPLOY_RULE_INVALID", resource: describeResource(object), message, named });
}
