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
  /** `false`: the home cluster's Secret is configured and not there yet. */
  readonly isWhole: boolean;
  close(): Promise<void>;
}

/** Keys under which a Secret may hold a kubeconfig; else its only one. */
const kubeconfigKeys = ["value", "kubeconfig"] as const;

/**
 * Everything that runs and shows Apps: for `runner`, `drift`, `hub` and `byhand`. Connections are kept from one invocation to the next;
 * secrets and git objects outlive them.
 * @param serve makes, once per composition, what the function answers with.
 * @param options.maxWatchMs longest watch on the hub, for functions whose answer must end.
 * @param options.mayLackHome for the hub, through which the home cluster's Secret comes: without it nothing is passed on to the home cluster.
 */
export function composeAws<Served>(
  lambda: AwsProcess,
  serve: (composition: AwsComposition) => Served,
  { mayLackHome = false, ...options }: { readonly maxWatchMs?: number; readonly mayLackHome?: boolean } = {},
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
  const open = async (): Promise<ServedComposition<Served>> => {
    const { homeKubeconfigSecret } = config;
    const homeKubeconfig = await readHomeKubeconfig(homeKubeconfigSecret, vault);
    const missing = homeKubeconfig === undefined && homeKubeconfigSecret !== undefined;
    if (missing && !mayLackHome) throw new Error(homeIsMissing(homeKubeconfigSecret));
    if (missing) log.warn("nothing reaches the home cluster", { why: homeIsMissing(homeKubeconfigSecret) });
    const clusters = createClusters({
      clock,
      redactor,
      log,
      metrics: lambda.metrics,
      awsCredentials,
      allowAddress: createAddressRules(config.allowedAddresses).forClusters,
      isAdaptive: config.adaptiveCalls,
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
      isWhole: !missing,
      close: async () => {
        await Promise.all([connection.close(), clusters.close()]);
      },
    };
  };
  return keepWarm(lambda, open, ({ isWhole }) => isWhole);
}

type SecretName = NonNullable<AwsProcess["config"]["homeKubeconfigSecret"]>;

function homeIsMissing({ namespace, name }: SecretName): string {
  return `LATEEN_HOME_KUBECONFIG_SECRET: there is no Secret ${namespace}/${name} (hint: kubectl apply it to the hub)`;
}

/** `undefined`: none is configured, or it is not there. @throws Error when it holds no kubeconfig. */
async function readHomeKubeconfig(secret: SecretName | undefined, vault: SecretVault): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  const name = `${secret.namespace}/${secret.name}`;
  const found = await vault.get(secret.namespace, secret.name);
  if (found === undefined) return undefined;
  const only = found.data.size === 1 ? [...found.data.values()][0] : undefined;
  const bytes = kubeconfigKeys.map((key) => found.data.get(key)).find((value) => value !== undefined) ?? only;
  if (bytes === undefined)
    throw new Error(`LATEEN_HOME_KUBECONFIG_SECRET: Secret ${name} has no key ${kubeconfigKeys.join(" or ")}`);
  return new TextDecoder().decode(bytes);
}
