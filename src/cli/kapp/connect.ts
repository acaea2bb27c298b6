import { systemClock } from "../../base/index.ts";
import { type Cluster, connectCluster, parseKubeconfig } from "../../cluster/index.ts";
import type { ParsedFlags } from "../flags.ts";
import type { KappContext } from "./context.ts";
import { readKubeconfig } from "./kubeconfig.ts";

/**
 * A connection to the cluster that the flags mean. It is the person's own kubeconfig on the person's own machine: whatever server, proxy or
 * name it says is meant. @throws CommandError and ClusterError for what cannot be read or done.
 */
export async function connect(
  flags: Pick<ParsedFlags, "text">,
  { environment, cwd }: KappContext,
  onWarning: (text: string) => void,
): Promise<Cluster> {
  const text = readKubeconfig({
    path: flags.text("kubeconfig"),
    context: flags.text("kubeconfig-context"),
    yaml: flags.text("kubeconfig-yaml"),
    environment,
    cwd,
  });
  const { awsCredentials } = await eksLogin(environment);
  const access = parseKubeconfig(text, {
    now: systemClock.now(),
    allowHttp: true,
    allowInsecureTls: true,
    allowProxy: true,
    allowImpersonation: true,
    allowEks: awsCredentials !== undefined,
  });
  return connectCluster(access, { allowAddress: () => true, awsCredentials, onWarning });
}

/** Loaded only where there are keys: it takes a while. */
async function eksLogin(
  environment: KappContext["environment"],
): Promise<Awaited<ReturnType<typeof import("../../functions/index.ts").eksLogin>>> {
  if (!environment["AWS_ACCESS_KEY_ID"]) return {};
  const functions = await import("../../functions/index.ts");
  return functions.eksLogin(environment, systemClock);
}
