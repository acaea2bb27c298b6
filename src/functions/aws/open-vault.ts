import { createSecretsManagerVault, signedSecretsCall } from "../../adapters/aws/index.ts";
import type { SecretVault } from "../../reconcile/index.ts";
import type { AwsProcess } from "./aws-process.ts";

/** The hub's Secrets. Values are kept an hour at most, by the wall clock. */
export function openVault({ config, clock, api }: AwsProcess): SecretVault {
  return createSecretsManagerVault({ prefix: config.secretsPrefix, call: signedSecretsCall(api), clock });
}
