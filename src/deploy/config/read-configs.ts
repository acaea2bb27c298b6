import {
  apiVersionOf,
  describeResource,
  isMap,
  kindOf,
  type KubeObject,
  labelsOf,
  parseYamlStream,
  type SourcedResource,
  sourceHint,
} from "../../resource/index.ts";
import { label } from "../annotations.ts";
import { DeployError } from "../failure.ts";
import { at } from "../fields.ts";
import { checkPreflightRules } from "../preflight/check-names.ts";
import { ConfigFault } from "./config-node.ts";
import { defaultConfig, type DeployConfig, withRules } from "./deploy-config.ts";
import { parseConfig } from "./parse-config.ts";
import type { ConfigTools } from "./tools.ts";

export const configVersion = "kapp.k14s.io/v1alpha1";
/** Where a labelled ConfigMap keeps its Config. */
const configFile = "config.yml";

/**
 * Takes the kapp Configs out of an input and adds their rules to the defaults, in the order of the input (kapp.md §8). A ConfigMap with
 * the label `kapp.k14s.io/config` holds a Config and is deployed as well.
 * @throws DeployError `DEPLOY_CONFIG`, `DEPLOY_PREFLIGHT_RULE`.
 */
export function readConfigs(
  resources: readonly SourcedResource[],
  tools: ConfigTools,
): { readonly resources: SourcedResource[]; readonly config: DeployConfig } {
  const kept: SourcedResource[] = [];
  let config = defaultConfig;
  for (const resource of resources) {
    const { object } = resource;
    const isConfig = apiVersionOf(object) === configVersion;
    if (!isConfig) kept.push(resource);
    try {
      const found = configOf(object);
      if (found !== undefined) config = withRules(config, validConfig(found, tools));
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      throw new DeployError({
        code: "DEPLOY_CONFIG",
        resource: describeResource(object),
        isLabelled: !isConfig,
        problem: error.message,
        hint: sourceHint(resource.origin),
      });
    }
  }
  checkPreflightRules(config.preflightRules);
  return { resources: kept, config };
}

/** The Config that a resource is, or holds by its label. @throws ConfigFault */
export function configOf(object: KubeObject): KubeObject | undefined {
  if (apiVersionOf(object) === configVersion) return object;
  return labelsOf(object)[label.config] === undefined ? undefined : configInside(object);
}

function configInside(configMap: KubeObject): KubeObject {
  if (apiVersionOf(configMap) !== "v1" || kindOf(configMap) !== "ConfigMap") {
    throw new ConfigFault("Expected kapp config to be within v1/ConfigMap but apiVersion or kind do not match");
  }
  const text = at(configMap, "data", configFile);
  if (typeof text !== "string") throw new ConfigFault(`Expected to find field 'data."${configFile}"', but did not`);
  const { documents, diagnostics } = parseYamlStream(text, { file: configFile });
  const [fault] = diagnostics;
  if (fault !== undefined)
    throw new ConfigFault(`Parsing kapp config as resource: ${fault.message} (line ${fault.line})`);
  const [first, second] = documents;
  if (!isMap(first?.value) || second !== undefined) {
    throw new ConfigFault("Parsing kapp config as resource: expected exactly one document with a map");
  }
  if (apiVersionOf(first.value) !== configVersion) {
    throw new ConfigFault(
      `Expected kapp config to have apiVersion '${configVersion}', but was '${apiVersionOf(first.value)}'`,
    );
  }
  return first.value;
}

function validConfig(object: KubeObject, tools: ConfigTools): DeployConfig {
  if (kindOf(object) !== "Config") {
    throw new ConfigFault(`Expected kapp config to have kind 'Config', but was '${kindOf(object)}'`);
  }
  try {
    return parseConfig(object, tools);
  } catch (error) {
    throw error instanceof ConfigFault ? new ConfigFault(`Validating config: ${error.message}`) : error;
  }
}
