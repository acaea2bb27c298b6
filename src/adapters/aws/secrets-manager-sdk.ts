import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SecretsManagerCall } from "./secrets-manager-call.ts";

export interface SdkSecretsOptions {
  /** A ready client; without it one is made. */
  readonly client?: SecretsManagerClient;
  /** Default: what the AWS environment names. */
  readonly region?: string;
  /** For emulators and private endpoints. */
  readonly endpoint?: string;
}

/**
 * The calls by AWS' own kit, which finds credentials wherever AWS tools find them: environment, profiles, single sign-on, instance roles. The
 * first call loads it.
 */
export function sdkSecretsCall(options: SdkSecretsOptions): SecretsManagerCall {
  let loaded: ReturnType<typeof load> | undefined;
  return async (action, input) => {
    loaded ??= load(options);
    const { sdk, client } = await loaded;
    // The vault gives each action the input that the API reference names for it.
    const given = input as never;
    switch (action) {
      case "GetSecretValue":
        return client.send(new sdk.GetSecretValueCommand(given));
      case "BatchGetSecretValue":
        return client.send(new sdk.BatchGetSecretValueCommand(given));
      case "PutSecretValue":
        return client.send(new sdk.PutSecretValueCommand(given));
      case "CreateSecret":
        return client.send(new sdk.CreateSecretCommand(given));
      case "RestoreSecret":
        await client.send(new sdk.RestoreSecretCommand(given));
        return {};
      case "DeleteSecret":
        await client.send(new sdk.DeleteSecretCommand(given));
        return {};
    }
  };
}

async function load(options: SdkSecretsOptions): Promise<{
  readonly sdk: typeof import("@aws-sdk/client-secrets-manager");
  readonly client: SecretsManagerClient;
}> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const client =
    options.client ??
    new sdk.SecretsManagerClient({
      ...(options.region !== undefined && { region: options.region }),
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      maxAttempts: 5,
      requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    });
  return { sdk, client };
}
