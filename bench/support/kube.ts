/** The cluster that a benchmark runs against: the control plane of test/kube, or the one that LATEEN_TEST_KUBECONFIG names. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { connectCluster, type Cluster, parseKubeconfig } from "../../src/cluster/index.ts";
import { type ControlPlane, startControlPlane } from "../../test/kube/control-plane.ts";
import { Skip } from "./benchmark.ts";

export interface BenchCluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** A namespace of this benchmark; it goes with it. */
  readonly namespace: string;
  connect(): Cluster;
}

/** @throws Skip when there is no cluster and none can be built. */
export async function startBenchCluster(benchmark: string): Promise<BenchCluster> {
  const plane = await startControlPlane().catch((error: unknown) => {
    throw new Skip(`no control plane: ${error instanceof Error ? error.message : String(error)}`);
  });
  const namespace = `bench-${benchmark}-${createHash("sha256").update(`${process.pid}`).digest("hex").slice(0, 6)}`;
  await plane.kubectl(["create", "namespace", namespace]);
  return {
    plane,
    namespace,
    connect: () => connectCluster(parseKubeconfig(plane.kubeconfig, { now: Date.now() })),
    [Symbol.asyncDispose]: async () => {
      await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
      await plane.stop();
    },
  };
}

/** Whether a command can be run here. */
export function isOnPath(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
