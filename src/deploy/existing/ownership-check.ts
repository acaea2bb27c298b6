import { describeResource, type KubeObject, labelsOf, namespaceOf } from "../../resource/index.ts";
import { label } from "../annotations.ts";
import { DeployError } from "../failure.ts";
import { appNameOf, parseRecord } from "../record/app-record.ts";
import type { AppLabel } from "../record/ownership.ts";

/** Objects that carry this app's label key with another value. */
export function foreignObjects(objects: readonly KubeObject[], own: AppLabel): KubeObject[] {
  return objects.filter((object) => {
    const value = labelsOf(object)[own.key];
    return value !== undefined && value !== own.value;
  });
}

/**
 * Names the owners of objects that another app has (kapp.md §9.3). `records`: the app records of the state namespace.
 * @throws DeployError `DEPLOY_OWNERSHIP`
 */
export function refuseForeign(foreign: readonly KubeObject[], own: AppLabel, records: readonly KubeObject[]): void {
  if (foreign.length === 0) return;
  const owners = new Map(records.map((configMap) => [labelValueOf(configMap), configMap]));
  const errors = foreign.map((object) => {
    const value = labelsOf(object)[own.key] ?? "";
    const pair = `${own.key}=${value}`;
    const owner = owners.get(value);
    const who =
      owner === undefined
        ? `different label '${pair}'`
        : `different app '${appNameOf(owner)}' namespace: ${namespaceOf(owner)} (label '${pair}')`;
    return `Resource '${describeResource(object)}' is already associated with a ${who}`;
  });
  throw new DeployError({ code: "DEPLOY_OWNERSHIP", errors });
}

/** An app may not own an app record: two apps could delete one another. @throws DeployError `DEPLOY_DISALLOWED_LABEL` */
export function refuseRecords(objects: readonly KubeObject[]): void {
  const records = objects.filter((object) => labelsOf(object)[label.isApp] !== undefined);
  if (records.length > 0) {
    throw new DeployError({
      code: "DEPLOY_DISALLOWED_LABEL",
      label: label.isApp,
      resources: records.map(describeResource),
    });
  }
}

function labelValueOf(configMap: KubeObject): string {
  try {
    return parseRecord(configMap).labelValue;
  } catch (error) {
    // Another app's broken record only costs its name in a message.
    if (error instanceof DeployError) return "";
    throw error;
  }
}
