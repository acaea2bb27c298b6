import { createSecretsManagerVault, signedSecretsCall } from "../../adapters/aws/index.ts";
import type { SecretVault } from "../../reconcile/index.ts";
import type { AwsProcess } from "./aws-process.ts";

/**
 * The hub's Secrets. A value is kept by this process for an hour at most, and only while the hub's own object of that name has not changed:
 * another function may have written it. The hub writes the value before the object, so a new version of the object means that the value is there.
 */
export function openVault({ config, clock, api, objects }: AwsProcess): SecretVault {
  const vault = createSecretsManagerVault({ prefix: config.secretsPrefix, call: signedSecretsCall(api), clock });
  const seen = new Map<string, number | undefined>();
  return {
    ...vault,
    get: async (namespace, name, options = {}) => {
      const version = (await objects.get({ type: "secrets", namespace, name }))?.version;
      const key = `${namespace}/${name}`;
      const hasChanged = seen.has(key) && seen.get(key) !== version;
      const found = await vault.get(namespace, name, hasChanged ? { ...options, fresh: true } : options);
      // After the read: one that failed is asked for anew.
      seen.set(key, version);
      return found;
    },
  };
}
