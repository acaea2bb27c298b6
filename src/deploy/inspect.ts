import type { DeployCluster, Discovery } from "./cluster-port.ts";
import { readRecord } from "./existing/read-record.ts";
import { describeTarget } from "./existing/target.ts";
import { DeployError } from "./failure.ts";
import { passesFilter } from "./filter/resource-filter.ts";
import type { InspectOptions } from "./options/deploy-options.ts";
import { asDeployErrors, type CallSettings, type PlanDeps } from "./plan.ts";
import { listAllOfApp, namespacesWithApp } from "./plan-deletion.ts";
import type { AppTarget } from "./plan-types.ts";
import { trimQualified } from "./record/app-record.ts";
import { inspectTable } from "./text/inspect-table.ts";

export interface InspectInput {
  /** A previous name is not looked for: an inspection follows a deploy, which has renamed it. */
  readonly app: AppTarget;
  readonly options: InspectOptions;
}

/**
 * Everything that carries the app's label, of every kind, as kapp's table with owner and state (kapp.md §1.6, §11.5). Reads only.
 * @throws DeployError `DEPLOY_APP_MISSING` without a record; for incomplete lists and failed reads; `signal.reason` on abort.
 */
export async function inspectApp(
  input: InspectInput,
  cluster: DeployCluster,
  { clock }: Pick<PlanDeps, "clock">,
  { signal }: CallSettings,
): Promise<{ readonly text: string }> {
  return asDeployErrors(signal, async () => {
    const discovery = await cluster.discover({ signal });
    const target = describeTarget(cluster, discovery, signal);
    void Promise.allSettled([target]);
    const now = clock.now();
    const objects = (await listShown(input, cluster, discovery, signal)).filter(
      ({ type, object }) => !isMeasurement(type) && passesFilter(input.options.filter, object, now),
    );
    const table = inspectTable(input.app.name, objects, { ...input.options, now });
    return { text: [await target, table, "Succeeded"].join("\n\n") };
  });
}

async function listShown(
  input: InspectInput,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): ReturnType<typeof listAllOfApp> {
  const { name, stateNamespace } = input.app;
  const stored = await readRecord({ name, stateNamespace }, cluster, discovery, signal);
  if (stored !== undefined) return listAllOfApp(input, stored, cluster, discovery, signal);
  const elsewhere = await namespacesWithApp(input.app, cluster, discovery, signal);
  throw new DeployError({
    code: "DEPLOY_APP_MISSING",
    app: trimQualified(name),
    namespace: stateNamespace,
    elsewhere,
  });
}

/** Come and go by the minute: kapp-controller filters them out so that the status stays still (app.md §6.1). */
function isMeasurement({ kind }: { readonly kind: string }): boolean {
  return kind === "PodMetrics";
}
