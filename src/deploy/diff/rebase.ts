import { describeResource, isMap, type Json, type KubeObject, stringifyYaml } from "../../resource/index.ts";
import { matches } from "../config/matchers.ts";
import type { RebaseRule } from "../config/rebase-rules.ts";
import { DeployError } from "../failure.ts";
import { copyField, PathFault, removeField } from "./field-copy.ts";
import { type FieldPath, showPath } from "./field-path.ts";
import { keepServiceAccountTokens } from "./service-account-tokens.ts";

/**
 * The new resource with the fields that belong to the cluster taken over from the existing one (kapp.md §4.3).
 * @throws DeployError `DEPLOY_REBASE` where a rule meets a value that is no map, or an overlay fails.
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
    case "overlay":
      return overlay(rule, result, { existing, new: fresh, _current: result });
  }
}

function copyByRule(result: KubeObject, path: FieldPath, sources: readonly Json[]): KubeObject {
  try {
    return copyField(result, path, sources);
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    const resource = describeResource(result);
    const problem = `FieldCopyMod for path '${showPath(path)}' on resource '${resource}': ${error.message}`;
    throw new DeployError({ code: "DEPLOY_REBASE", resource, problem });
  }
}

function overlay(
  rule: RebaseRule & { readonly rule: "overlay" },
  result: KubeObject,
  dataValues: Readonly<Record<string, KubeObject>>,
): KubeObject {
  const invalid = (problem: string): DeployError =>
    new DeployError({
      code: "DEPLOY_REBASE",
      resource: describeResource(result),
      problem: `Applying ytt (overlayContractV1): ${problem}`,
    });
  const files = [
    { path: "resource.yml", text: stringifyYaml(result, { keyOrder: "natural", width: 80 }) },
    { path: "overlay.yml", text: rule.text },
  ];
  let documents: readonly Json[];
  try {
    documents = rule.renderYtt(files, dataValues);
  } catch (error) {
    throw invalid(`Evaluating: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [document] = documents;
  if (documents.length !== 1 || !isMap(document)) {
    throw invalid(`Expected one resource to be returned from ytt, but was ${documents.length}`);
  }
  return document;
}
