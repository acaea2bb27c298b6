import { annotationsOf, describeResource, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { withAnnotations } from "../diff/metadata.ts";
import { DeployError } from "../failure.ts";
import { readFailEarlyAfter } from "../wait/fail-early-after.ts";
import { isCreateStrategy, isDeleteStrategy, isUpdateStrategy } from "../options/strategies.ts";

/**
 * Checks the annotations that kapp reads only half-way through its writes (reliability.md B100).
 * @throws DeployError `DEPLOY_STRATEGY_UNKNOWN`, `DEPLOY_ANNOTATION_VALUE`.
 */
export function checkStrategies(object: KubeObject): void {
  const annotations = annotationsOf(object);
  const checks = [
    ["create", annotations[annotation.createStrategy], isCreateStrategy],
    ["update", annotations[annotation.updateStrategy], isUpdateStrategy],
    ["delete", annotations[annotation.deleteStrategy], isDeleteStrategy],
  ] as const;
  for (const [strategy, value, isKnown] of checks) {
    if (value !== undefined && !isKnown(value)) {
      throw new DeployError({ code: "DEPLOY_STRATEGY_UNKNOWN", strategy, value, resource: describeResource(object) });
    }
  }
  requireEmpty(object, annotation.disableAssociatedResourcesWait);
  const failEarlyAfter = readFailEarlyAfter(object);
  if ("problem" in failEarlyAfter) {
    throw new DeployError({
      code: "DEPLOY_ANNOTATION_VALUE",
      resource: describeResource(object),
      annotation: annotation.failEarlyAfter,
      message: failEarlyAfter.problem,
    });
  }
}

/** Replaces the empty nonce annotation by the present time in nanoseconds, so that every deploy updates the resource (kapp.md §2.5). */
export function fillNonce(object: KubeObject, nanos: string): KubeObject {
  if (annotationsOf(object)[annotation.nonce] === undefined) return object;
  requireEmpty(object, annotation.nonce);
  return withAnnotations(object, { [annotation.nonce]: nanos });
}

function requireEmpty(object: KubeObject, key: string): void {
  const value = annotationsOf(object)[key];
  if (value === undefined || value === "") return;
  const resource = describeResource(object);
  throw new DeployError({
    code: "DEPLOY_ANNOTATION_VALUE",
    resource,
    annotation: key,
    message: `Expected annotation '${key}' on resource '${resource}' to have value ''`,
  });
}
