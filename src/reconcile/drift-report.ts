/**
 * What a drift check found, from the check to the run that repairs it (`APP#ns/name`, `DRIFT`): bounded, and without values that the App's Secrets hold.
 */
import { appReferences, parseApp } from "../app/index.ts";
import { redactDeep } from "../base/index.ts";
import type { ObjectDrift } from "../deploy/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import { hideSecret } from "./hide-secret.ts";
import { getJson, putJson } from "./item-json.ts";
import { type AppName, appPartition, splitAppName } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";
import type { DriftReport } from "./run-event.ts";

/** Objects of one App that are told; their fields are bounded by the deploy room. */
export const maxObjects = 10;
const keepMs = 24 * 3_600_000;

export function boundedDrift(objects: readonly ObjectDrift[]): DriftReport {
  return { objects: objects.slice(0, maxObjects), more: objects.length > maxObjects };
}

/**
 * Keeps the report for the run that it will wake, and answers it as it may be shown: a value that one of the App's Secrets holds is hidden.
 * Where they cannot be read no value is shown.
 */
export async function keepDrift(
  app: AppName,
  found: DriftReport,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<DriftReport> {
  const report = await withoutSecrets(app, found, deps, signal);
  const now = deps.clock.now();
  await putJson(deps.items, appPartition(app), "DRIFT", report, now, { expiresAt: now + keepMs });
  return report;
}

/** The newest report, once. */
export async function takeDrift(
  app: string,
  { items, clock }: Runtime & { readonly items: Items },
): Promise<DriftReport | undefined> {
  const report = await getJson<DriftReport>(items, appPartition(app), "DRIFT", clock.now());
  if (report !== undefined) await items.delete(appPartition(app), "DRIFT");
  return report;
}

async function withoutSecrets(
  name: AppName,
  report: DriftReport,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<DriftReport> {
  const redactor = deps.redactor.scope();
  try {
    const { namespace, name: shortName } = splitAppName(name);
    const object = await deps.apps.get(namespace, shortName);
    const parsed = object === undefined ? undefined : parseApp(object);
    if (parsed === undefined || "problems" in parsed) return withoutValues(report);
    for (const reference of appReferences(parsed.app)) {
      if (reference.kind !== "secret") continue;
      const secret = await deps.vault.get(namespace, reference.name, { signal });
      if (secret !== undefined) hideSecret(secret.data, redactor);
    }
    return redactDeep(redactor, report);
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn("drift is told without values, since the App's Secrets cannot be read", { app: name, error });
    return withoutValues(report);
  }
}

function withoutValues({ objects, more }: DriftReport): DriftReport {
  const bare = objects.map((object) => ({
    ...object,
    fields: object.fields.map(({ path, by }) => ({ path, ...(by === undefined ? {} : { by }) })),
  }));
  return { objects: bare, more };
}
