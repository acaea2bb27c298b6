import { cloneJson, describeResource, type Json, type KubeObject, type MutableJsonMap } from "../../resource/index.ts";
import { matches } from "../config/matchers.ts";
import { type RebaseRule } from "../config/rebase-rules.ts";
import { DeployError } from "../failure.ts";
import { isMutableMap } from "../fields.ts";
import { copyField, PathFault, removeField } from "./field-copy.ts";
import { type FieldPath, showPath } from "./field-path.ts";
import { keepServiceAccountTokens } from "./service-account-tokens.ts";

/**
 * The new resource with the fields that belong to the cluster taken over from the existing one (kapp.md §4.3).
 * @throws DeployError `DEPLOY_REBASE` where a rule meets a value that is no map.
 */
export function rebase(fresh: KubeObject, existing: KubeObject | undefined, rules: readonly RebaseRule[]): KubeObject {
  if (existing === undefined) return fresh;
  const result = mutableCopy(fresh);
  for (const rule of rules) {
    if (!matches(rule.matcher, result)) continue;
    switch (rule.rule) {
      case "copy":
        copyByRule(
          result,
          rule.path,
          rule.sources.map((source) => (source === "new" ? fresh : existing)),
        );
        break;
      case "remove":
        removeField(result, rule.path);
        break;
      case "service-account-tokens":
        keepServiceAccountTokens(result, existing);
        break;
    }
  }
  return result;
}

/** A copy of a resource that may be changed. */
export function mutableCopy(object: KubeObject): MutableJsonMap {
  const copy = cloneJson(object);
  return isMutableMap(copy) ? copy : {};
}

function copyByRule(result: MutableJsonMap, path: FieldPath, sources: readonly Json[]): void {
  try {
    copyField(result, path, sources);
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
