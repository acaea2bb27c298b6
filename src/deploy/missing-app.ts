import { nameOf, namespaceOf } from "../resource/index.ts";
import { label } from "./annotations.ts";
import { type DeployCluster, type Discovery, isApiFailure } from "./cluster-port.ts";
import { configMapType } from "./existing/read-record.ts";
import { DeployError } from "./failure.ts";
import type { AppTarget } from "./plan-types.ts";
import { trimQualified } from "./record/app-record.ts";

/** The failure to find an app's record, with the namespaces that have one of its name. */
export async function missingApp(
  app: AppTarget,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<DeployError> {
  const elsewhere = await namespacesWithApp(app, cluster, discovery, signal);
  const { name, stateNamespace } = app;
  return new DeployError({
    code: "DEPLOY_APP_MISSING",
    app: trimQualified(name),
    namespace: stateNamespace,
    elsewhere,
  });
}

/** Namespaces that hold the record of an app of this name: a hint for who looked in another one. */
export async function namespacesWithApp(
  app: AppTarget,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const records = await cluster.list(configMapType(discovery), {
      labelSelector: label.isApp,
      metadataOnly: true,
      signal,
    });
    const name = trimQualified(app.name);
    return records
      .filter((record) => trimQualified(nameOf(record)) === name)
      .map(namespaceOf)
      .sort();
  } catch (error) {
    // Only a hint.
    if (isApiFailure(error)) return [];
    throw error;
  }
}
