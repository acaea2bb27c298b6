import type { KubeClient, KubeObject } from "../kube-client.ts";

const everyMs = 100;
/** Asks for a clean-up, as kapp-controller's own does: the object goes a moment after its deletion was asked for. */
const finalizer = "guides.test/uninstall";

/** Stops the controller and waits for its last look. */
export type StopController = () => Promise<void>;

/**
 * Plays kapp-controller on a run cluster for PackageRepositories and PackageInstalls: first Reconciling, at the next look ReconcileSucceeded with the
 * version that is asked for; a deletion takes one look too.
 */
export function startPackageController(cluster: KubeClient, namespaces: readonly string[]): StopController {
  let stopped = false;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      for (const namespace of namespaces) {
        for (const kind of ["PackageRepository", "PackageInstall"]) await lookAt(cluster, kind, namespace);
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const running = loop();
  return async () => {
    stopped = true;
    await running;
  };
}

async function lookAt(cluster: KubeClient, kind: string, namespace: string): Promise<void> {
  for (const object of await cluster.list("packaging.carvel.dev/v1alpha1", kind, namespace)) {
    const { name, finalizers = [], deletionTimestamp } = object.metadata;
    const target = { apiVersion: "packaging.carvel.dev/v1alpha1", kind, namespace, name };
    const patch = (body: unknown, subresource?: string): Promise<unknown> =>
      cluster.patch(target, {
        contentType: "application/merge-patch+json",
        body,
        ...(subresource === undefined ? {} : { subresource }),
      });
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(finalizer)) await patch({ metadata: { finalizers: null } });
      continue;
    }
    if (!finalizers.includes(finalizer)) await patch({ metadata: { finalizers: [finalizer] } });
    const status = nextStatus(object);
    if (status !== undefined) await patch({ status }, "status");
  }
}

function nextStatus(object: KubeObject): unknown {
  const status = object["status"] as { observedGeneration?: number; conditions?: { type: string }[] } | undefined;
  const spec = object["spec"] as { packageRef?: { versionSelection?: { constraints?: string } } };
  const { generation } = object.metadata;
  const condition = status?.conditions?.[0]?.type;
  if (status?.observedGeneration === generation && condition === "ReconcileSucceeded") return undefined;
  const isSeen = status?.observedGeneration === generation;
  return {
    observedGeneration: generation,
    conditions: [{ type: isSeen ? "ReconcileSucceeded" : "Reconciling", status: "True" }],
    friendlyDescription: isSeen ? "Reconcile succeeded" : "Reconciling",
    ...(isSeen ? { version: spec.packageRef?.versionSelection?.constraints ?? "" } : {}),
  };
}
