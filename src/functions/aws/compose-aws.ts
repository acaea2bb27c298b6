import { createStsCredentials, environmentCredentials } from "../../adapters/aws/index.ts";
import { createMemoryObjectCache } from "../../git/index.ts";
import type { Hub } from "../../hub/index.ts";
import type { ReconcileDeps, SecretVault } from "../../reconcile/index.ts";
import { createAddressRules } from "../address-rules.ts";
import { createClusters } from "../clusters.ts";
import { composeDeps } from "../compose-deps.ts";
import type { AwsProcess } from "./aws-process.ts";
import { openGit } from "./open-git.ts";
import { openVault } from "./open-vault.ts";
import { keepWarm, type Warm } from "./warm.ts";

export interface AwsComposition {
  readonly deps: ReconcileDeps;
  readonly hub: Hub;
}

/** A composition and what a function serves from it, both for as long as its connections live. */
export interface ServedComposition<Served> extends AwsComposition {
  readonly served: Served;
  close(): Promise<void>;
}

/** Keys under which a Secret may hold a kubeconfig; else its only one. */
const kubeconfigKeys = ["value", "kubeconfig"] as const;

/**
 * Everything that runs and shows Apps: for `runner`, `drift`, `hub` and `byhand`. Connections are kept from one invocation to the next;
 * secrets and git objects outlive them.
 * @param serve makes, once per composition, what the function answers with.
 * @param options.maxWatchMs longest watch on the hub, for functions whose answer must end.
 */
export function composeAws<Served>(
  lambda: AwsProcess,
  serve: (composition: AwsComposition) => Served,
  options: { readonly maxWatchMs?: number } = {},
): Warm<ServedComposition<Served>> {
  const vault = openVault(lambda);
  const cache = createMemoryObjectCache();
  const { config, clock, log, redactor } = lambda;
  const stsEndpoint = config.endpoints.sts ?? config.endpoint;
  // Outlives the connections: keys of a role count for an hour.
  const awsCredentials = createStsCredentials({
    base: environmentCredentials(lambda.environment),
    clock,
    ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }),
  });
  return keepWarm(lambda, async () => {
    const homeKubeconfig = await readHomeKubeconfig(config.homeKubeconfigSecret, vault);
    const clusters = createClusters({
      clock,
      redactor,
      log,
      awsCredentials,
      allowAddress: createAddressRules(config.allowedAddresses).forClusters,
      ...(homeKubeconfig === undefined ? {} : { homeKubeconfig }),
    });
    const connection = openGit(lambda, cache);
    const composed = composeDeps({
      ...lambda,
      vault,
      git: connection.git,
      clusters,
      forwardIdentities: true,
      config: lambda.reconcile,
      ...options,
    });
    return {
      ...composed,
      served: serve(composed),
      close: async () => {
        await Promise.all([connection.close(), clusters.close()]);
      },
    };
  });
}

/** @throws Error when the Secret that the configuration names is not there or holds no kubeconfig. */
async function readHomeKubeconfig(
  secret: AwsProcess["config"]["homeKubeconfigSecret"],
  vault: SecretVault,
): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  const name = `${secret.namespace}/${secret.name}`;
  const found = await vault.get(secret.namespace, secret.name);
  if (found === undefined)
    throw new Error(`LATEEN_HOME_KUBECONFIG_SECRET: there is no Secret ${name} (hint: kubectl apply it to the hub)`);
  const only = found.data.size === 1 ? [...found.data.values()][0] : undefined;
  const bytes = kubeconfigKeys.map((key) => found.data.get(key)).find((value) => value !== undefined) ?? only;
  if (bytes === undefined)
    throw new Error(`LATEEN_HOME_KUBECONFIG_SECRET: Secret ${name} has no key ${kubeconfigKeys.join(" or ")}`);
  return new TextDecoder().decode(bytes);
}
