import type { DeployCluster } from "./cluster-port.ts";
import { defaultConfig } from "./config/deploy-config.ts";
import { withoutHistory } from "./diff/history.ts";
import { maskValues } from "./diff/mask.ts";
import { withoutManagedFields } from "./diff/metadata.ts";
import type { ExistingObject } from "./existing/labelled-objects.ts";
import { describeTarget } from "./existing/target.ts";
import { passesFilter } from "./filter/resource-filter.ts";
import type { InspectOptions } from "./options/deploy-options.ts";
import { asDeployErrors, type CallSettings, type PlanDeps } from "./plan.ts";
import { listAllOfApp } from "./plan-deletion.ts";
import { storedRecord } from "./list-apps.ts";
import type { AppTarget } from "./plan-types.ts";
import { inspectTable, statusTable } from "./text/inspect-table.ts";
import { formatParts, type Part } from "./text/part.ts";
import { resourceYaml } from "./text/text-diff.ts";

export interface InspectInput {
  /** A previous name is not looked for: an inspection follows a deploy, which has renamed it. */
  readonly app: AppTarget;
  readonly options: InspectOptions;
}

/**
 * Everything that carries the app's label, of every kind, as kapp shows it: a table with owner and state, or YAML (kapp.md §1.6, §11.5).
 * `text` is the same for people, between kapp's first and last line. No secret values. Reads only.
 * @throws DeployError `DEPLOY_APP_MISSING` without a record; for incomplete lists and failed reads; `signal.reason` on abort.
 */
export async function inspectApp(
  input: InspectInput,
  cluster: DeployCluster,
  { clock }: Pick<PlanDeps, "clock">,
  { signal }: CallSettings,
): Promise<{ readonly text: string; readonly parts: readonly Part[] }> {
  return asDeployErrors(signal, async () => {
    const discovery = await cluster.discover({ signal });
    const target = describeTarget(cluster, discovery, signal);
    void Promise.allSettled([target]);
    const now = clock.now();
    const stored = await storedRecord(input.app, cluster, discovery, signal);
    const objects = (await listAllOfApp(input, stored, cluster, discovery, signal)).filter(
      ({ type, object }) => !isMeasurement(type) && passesFilter(input.options.filter, object, now),
    );
    const parts = partsOf(input, objects, now);
    const printed = formatParts([{ part: "line", text: await target }, ...parts, { part: "line", text: "Succeeded" }], {
      columns: input.options.columns,
    });
    return { text: printed.trimEnd(), parts };
  });
}

function partsOf({ app, options }: InspectInput, objects: readonly ExistingObject[], now: number): Part[] {
  switch (options.view) {
    case "table":
    case "tree": {
      const table = inspectTable(app.name, objects, { now, isTree: options.view === "tree" });
      return [{ part: "table", table }];
    }
    case "status":
      return [{ part: "table", table: statusTable(app.name, objects) }];
    case "raw": {
      const mask = maskValues(defaultConfig.maskRules);
      return objects.map(({ object }) => {
        const shown = mask(withoutHistory(object, defaultConfig));
        const yaml = resourceYaml(options.managedFields ? shown : withoutManagedFields(shown));
        return { part: "block", text: `---\n${yaml}` };
      });
    }
  }
}

/** Come and go by the minute: kapp-controller filters them out so that the status stays still (app.md §6.1). */
function isMeasurement({ kind }: { readonly kind: string }): boolean {
  return kind === "PodMetrics";
}
