import type { AwsApi } from "./aws-api.ts";

export type SecretsAction = "GetSecretValue" | "PutSecretValue" | "CreateSecret" | "RestoreSecret" | "DeleteSecret";

/** What the vault reads of an answer. */
export interface SecretsAnswer {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
  readonly VersionId?: string | undefined;
}

/** One call to Secrets Manager with the input that its API reference gives; throws what the client throws. */
export type SecretsManagerCall = (action: SecretsAction, input: object) => Promise<SecretsAnswer>;

/** The calls by the functions' small client: the SDK would be a third of what a function loads. */
export function signedSecretsCall(api: AwsApi): SecretsManagerCall {
  return async (action, input) => {
    // The protocol's own shape: bytes are base64 text.
    const answer = (await api.call("secretsmanager", action, input)) as {
      readonly SecretString?: string;
      readonly SecretBinary?: string;
      readonly VersionId?: string;
    };
    const { SecretString, SecretBinary, VersionId } = answer;
    return {
      SecretString,
      VersionId,
      ...(SecretBinary === undefined ? {} : { SecretBinary: new Uint8Array(Buffer.from(SecretBinary, "base64")) }),
    };
  };
}
