import {
  apiVersionOf,
  describeOrigin,
  describeResource,
  equalJson,
  generateNameOf,
  isList,
  isMap,
  kindOf,
  type KubeObject,
  nameOf,
  own,
  type SourcedResource,
  sourceHint,
  uniqueKey,
} from "../../resource/index.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import { readConfigs } from "../config/read-configs.ts";
import type { ConfigTools } from "../config/tools.ts";
import { DeployError } from "../failure.ts";
import { goTypeName } from "../fields.ts";

/**
 * The resources of an input: lists expanded, Configs taken out, validated, doubles dropped (kapp.md §2.2, §2.3, §8).
 * @throws DeployError `DEPLOY_LIST_ITEM`, `DEPLOY_CONFIG`, `DEPLOY_PREFLIGHT_RULE`, `DEPLOY_INPUT_INVALID`, `DEPLOY_INPUT_DUPLICATE`.
 */
export function readInput(
  input: readonly SourcedResource[],
  tools: ConfigTools,
): { readonly resources: SourcedResource[]; readonly config: DeployConfig } {
  const { resources, config } = readConfigs(input.flatMap(expandList), tools);
  validate(resources);
  return { resources: unique(resources), config };
}

/** Any object whose `items` is an array stands for its items, whatever its kind. */
export function expandList(resource: SourcedResource): SourcedResource[] {
  const items = own(resource.object, "items");
  if (!isList(items)) return [resource];
  return items.flatMap((item) => {
    if (!isMap(item)) {
      throw new DeployError({
        code: "DEPLOY_LIST_ITEM",
        origin: describeOrigin(resource.origin),
        hint: sourceHint(resource.origin),
        found: goTypeName(item),
      });
    }
    return expandList({ object: item, origin: resource.origin });
  });
}

function validate(resources: readonly SourcedResource[]): void {
  const errors: string[] = [];
  for (const { object, origin } of resources) {
    const expect = (field: string, value: string): void => {
      if (value !== "") return;
      errors.push(
        `Expected '${field}' on resource '${describeResource(object)}' to be non-empty (${describeOrigin(origin)})${sourceHint(origin)}`,
      );
    };
    expect("kind", kindOf(object));
    expect("apiVersion", apiVersionOf(object));
    expect("metadata.name", nameOf(object) === "" ? generateNameOf(object) : nameOf(object));
  }
  if (errors.length > 0) throw new DeployError({ code: "DEPLOY_INPUT_INVALID", errors });
}

/**
 * Drops resources that are given twice with equal content; also used after namespaces were placed, where kapp has no such check and
 * fails half-way. @throws DeployError `DEPLOY_INPUT_DUPLICATE`.
 */
export function unique(resources: readonly SourcedResource[]): SourcedResource[] {
  const first = new Map<string, SourcedResource>();
  const clashes: { readonly object: KubeObject; readonly hint: string }[] = [];
  const kept: SourcedResource[] = [];
  for (const resource of resources) {
    const key = nameOf(resource.object) === "" ? Symbol("generated") : uniqueKey(resource.object);
    const before = typeof key === "string" ? first.get(key) : undefined;
    if (before === undefined) {
      kept.push(resource);
      if (typeof key === "string") first.set(key, resource);
    } else if (!equalJson(before.object, resource.object)) {
      clashes.push({
        object: resource.object,
        hint: sourceHint(before.origin, resource.origin),
      });
    }
  }
  if (clashes.length > 0) {
    throw new DeployError({
      code: "DEPLOY_INPUT_DUPLICATE",
      resources: clashes.map(({ object }) => describeResource(object)),
      hints: clashes.map(({ hint }) => hint),
    });
  }
  return kept;
}
