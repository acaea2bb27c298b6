import { describeResource, type Json, type KubeObject } from "../../resource/index.ts";
import { matches } from "../config/matchers.ts";
import type { RebaseRule } from "../config/rebase-rules.ts";
import { DeployError } from "../failure.ts";
import { copyField, PathFault, removeField } from "./field-copy.ts";
import { type FieldPath, showPath } from "./field-path.ts";
import { keepServiceAccountTokens } from "./service-account-tokens.ts";

/**
 * The new resource with the fields that belong to the cluster taken over from the existing one (kapp.md §4.3).
 * @throws DeployError `DEPLOY_REBASE` where a rule meets a value that is no map.
 */
export function rebase(fresh: KubeObject, existing: KubeObject | undefined, rules: readonly RebaseRule[]): KubeObject {
  if (existing === undefined) return fresh;
  return rules.reduce(
    (result, rule) => (matches(rule.matcher, result) ? apply(rule, result, fresh, existing) : result),
    fresh,
  );
}

function apply(rule: RebaseRule, result: KubeObject, fresh: KubeObject, existing: KubeObject): KubeObject {
  switch (rule.rule) {
    case "copy": {
      const sources = rule.sources.map((source) => (source === "new" ? fresh : existing));
      return copyByRule(result, rule.path, sources);
    }
    case "remove":
      return removeField(result, rule.path);
    case "service-account-tokens":
      return keepServiceAccountTokens(result, existing);
  }
}

function copyByRule(result: KubeObject, path: FieldPath, sources: readonly Json[]): KubeObject {
  try {
    return copyField(result, path, sources);
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    throw new DeployError({
      code: "DEPLOY_REBASE",
      resource: describeResource(result),
      path: showPath(path),
      found: error.found,
    });
  }
}
