import type { KubeObject } from "../../resource/index.ts";
import { parseGoDuration } from "../options/go-duration.ts";
import { checkGroupName, parseChangeRule } from "../order/change-rule.ts";
import type { ChangeRuleBinding } from "./change-rules.ts";
import {
  booleanOf,
  type ConfigNode,
  faultAt,
  fieldsOf,
  isGiven,
  itemsOf,
  requiredTextOf,
  textMapOf,
  textOf,
} from "./config-node.ts";
import type { DeployConfig } from "./deploy-config.ts";
import { checkMinimumVersion } from "./kapp-version.ts";
import type { FieldRule } from "./matchers.ts";
import { parseMatchers, parsePath } from "./parse-matchers.ts";
import { parseRebaseRules } from "./parse-rebase-rules.ts";
import type { TemplateRule } from "./template-rules.ts";
import type { ConfigTools } from "./tools.ts";
import type { ConditionMatcher, WaitRule } from "./wait-rules.ts";

/**
 * The rules of one Config, without the defaults (kapp.md §8).
 * @throws ConfigFault naming the path of the first thing that is wrong.
 */
export function parseConfig(object: KubeObject, tools: ConfigTools): DeployConfig {
  const fields = fieldsOf({ path: "", value: object }, [
    "apiVersion",
    "kind",
    "metadata",
    "minimumRequiredVersion",
    "rebaseRules",
    "waitRules",
    "ownershipLabelRules",
    "labelScopingRules",
    "templateRules",
    "diffMaskRules",
    "preflightRules",
    "additionalLabels",
    "diffAgainstLastAppliedFieldExclusionRules",
    "diffAgainstExistingFieldExclusionRules",
    "changeGroupBindings",
    "changeRuleBindings",
  ]);
  checkMinimumVersion(fields.minimumRequiredVersion);
  return {
    rebaseRules: parseRebaseRules(fields.rebaseRules, tools),
    waitRules: itemsOf(fields.waitRules).map((node) => parseWaitRule(node, tools)),
    ownershipLabelRules: parseFieldRules(fields.ownershipLabelRules),
    labelScopingRules: itemsOf(fields.labelScopingRules).map(parseScopingRule),
    templateRules: itemsOf(fields.templateRules).map(parseTemplateRule),
    maskRules: parseFieldRules(fields.diffMaskRules),
    additionalLabels: textMapOf(fields.additionalLabels),
    lastAppliedExclusions: parseFieldRules(fields.diffAgainstLastAppliedFieldExclusionRules),
    existingExclusions: parseFieldRules(fields.diffAgainstExistingFieldExclusionRules),
    changeGroups: itemsOf(fields.changeGroupBindings).map((node) => {
      const { name, resourceMatchers } = fieldsOf(node, ["name", "resourceMatchers"]);
      const group = requiredTextOf(name);
      const problem = checkGroupName(withoutPlaceholders(group));
      if (problem !== undefined) throw faultAt(name, problem);
      return { group, matcher: parseMatchers(resourceMatchers) };
    }),
    changeRules: itemsOf(fields.changeRuleBindings).map(parseChangeRuleBinding),
    preflightRules: itemsOf(fields.preflightRules).map(parsePreflightRule),
  };
}

function parseFieldRules(node: ConfigNode): FieldRule[] {
  return itemsOf(node).map((item) => {
    const { path, resourceMatchers } = fieldsOf(item, ["path", "resourceMatchers"]);
    return parseFieldRule(path, resourceMatchers);
  });
}

function parseScopingRule(node: ConfigNode): FieldRule {
  const { path, resourceMatchers, isDefault } = fieldsOf(node, ["path", "resourceMatchers", "isDefault"]);
  return { ...parseFieldRule(path, resourceMatchers), isDefault: booleanOf(isDefault) === true };
}

function parseFieldRule(path: ConfigNode, resourceMatchers: ConfigNode): FieldRule {
  const steps = parsePath(path);
  if (steps.length === 0) throw faultAt(path, "expected a path that is not empty");
  return { path: steps, matcher: parseMatchers(resourceMatchers) };
}

function parseWaitRule(node: ConfigNode, tools: ConfigTools): WaitRule {
  const { supportsObservedGeneration, conditionMatchers, resourceMatchers, ytt } = fieldsOf(node, [
    "supportsObservedGeneration",
    "conditionMatchers",
    "resourceMatchers",
    "ytt",
  ]);
  const script = isGiven(ytt) ? parseScript(ytt, tools) : undefined;
  return {
    matcher: parseMatchers(resourceMatchers),
    supportsObservedGeneration: booleanOf(supportsObservedGeneration),
    conditions: itemsOf(conditionMatchers).map(parseCondition),
    ...(script === undefined ? {} : { script }),
  };
}

function parseScript(node: ConfigNode, tools: ConfigTools): WaitRule["script"] {
  const { funcContractV1 } = fieldsOf(node, ["funcContractV1"]);
  const text = requiredTextOf(fieldsOf(funcContractV1, ["resource.star"])["resource.star"]);
  if (tools.renderYtt === undefined) throw faultAt(node, "is not supported by lateen yet");
  return { text, renderYtt: tools.renderYtt };
}

function parseCondition(node: ConfigNode): ConditionMatcher {
  const fields = fieldsOf(node, [
    "type",
    "status",
    "failure",
    "success",
    "supportsObservedGeneration",
    "unblockChanges",
    "timeout",
  ]);
  const timeout = parseTimeout(fields.timeout);
  return {
    type: textOf(fields.type),
    status: textOf(fields.status),
    failure: booleanOf(fields.failure),
    success: booleanOf(fields.success),
    supportsObservedGeneration: booleanOf(fields.supportsObservedGeneration),
    unblockChanges: booleanOf(fields.unblockChanges),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function parseTimeout(node: ConfigNode): ConditionMatcher["timeout"] {
  const text = textOf(node);
  if (text === "") return undefined;
  const parsed = parseGoDuration(text);
  if ("problem" in parsed) throw faultAt(node, parsed.problem);
  return { text, ms: parsed.ms };
}

function parseTemplateRule(node: ConfigNode): TemplateRule {
  const { resourceMatchers, affectedResources } = fieldsOf(node, ["resourceMatchers", "affectedResources"]);
  const { objectReferences } = fieldsOf(affectedResources, ["objectReferences"]);
  return {
    matcher: parseMatchers(resourceMatchers),
    references: itemsOf(objectReferences).map((item) => {
      const fields = fieldsOf(item, ["path", "resourceMatchers", "nameKey"]);
      return { ...parseFieldRule(fields.path, fields.resourceMatchers), nameKey: textOf(fields.nameKey) || "name" };
    }),
  };
}

function parseChangeRuleBinding(node: ConfigNode): ChangeRuleBinding {
  const { rules, ignoreIfCyclical, resourceMatchers } = fieldsOf(node, [
    "rules",
    "ignoreIfCyclical",
    "resourceMatchers",
  ]);
  return {
    rules: itemsOf(rules).map((node) => {
      const text = textOf(node);
      const parsed = parseChangeRule(withoutPlaceholders(text));
      if ("problem" in parsed) throw faultAt(node, parsed.problem);
      return text;
    }),
    ignoreIfCyclical: booleanOf(ignoreIfCyclical),
    matcher: parseMatchers(resourceMatchers),
    source: "kapp Config",
  };
}

/** What a placeholder stands for depends on the resource. */
function withoutPlaceholders(text: string): string {
  return text.replace(/\{[^{}]*\}/g, "x");
}

/** The name of a check; those of kapp have nothing to configure, so a key would be without effect. */
function parsePreflightRule(node: ConfigNode): string {
  const { name, config } = fieldsOf(node, ["name", "config"]);
  fieldsOf(config, []);
  return textOf(name);
}
