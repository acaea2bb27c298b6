import type { App } from "../app/index.ts";
import type { ClusterFacts } from "../template/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import { connectTarget, type Target } from "./target.ts";

/** What templates may ask of the App's run cluster; nothing is connected before one asks. */
export function clusterFacts(app: App, deps: ReconcileDeps): ClusterFacts {
  let target: Promise<Target> | undefined;
  const connected = (signal: AbortSignal): Promise<Target> => (target ??= connectTarget(app, deps, signal));
  return {
    async kubernetesVersion(signal) {
      const { cluster } = await connected(signal);
      const { gitVersion } = await cluster.version({ signal });
      // Without what a vendor adds (app.md §5.5): `v1.30.2-eks-1` is 1.30.2.
      return gitVersion.replace(/^v/, "").replace(/[-+].*$/, "");
    },
    async groupVersions(signal) {
      const { cluster } = await connected(signal);
      const { types } = await cluster.discover({ signal });
      return [...new Set(types.map(({ group, version }) => (group === "" ? version : `${group}/${version}`)))].sort();
    },
  };
}
