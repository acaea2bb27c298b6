import type { KubeClient, KubeObject } from "../kube-client.ts";
import type { RecordedCase } from "./recorded-case.ts";
import type { RepositoryUrls, World } from "./world.ts";

/** A case on its way through its steps. */
export interface RunningCase {
  readonly recorded: RecordedCase;
  readonly world: World;
  /** First namespace. */
  readonly namespace: string;
  readonly namespaces: readonly string[];
  /** Where the App's resources go: the run cluster, or the hub for an App that deploys Apps. */
  readonly target: KubeClient;
  /** Placeholder to value, for inputs and back again. */
  readonly placeholders: Map<string, string>;
  /** Values of kapp's app label seen so far, with their names in the recordings. */
  readonly labels: Map<string, string>;
  git?: RepositoryUrls;
}

export async function appOf(run: RunningCase, name: string = run.recorded.app): Promise<KubeObject | undefined> {
  return run.world.hub.get("kappctrl.k14s.io/v1alpha1", "App", run.namespace, name);
}
