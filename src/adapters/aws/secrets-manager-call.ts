import type { AwsApi } from "./aws-api.ts";

export type SecretsAction =
  | "GetSecretValue"
  | "BatchGetSecretValue"
  | "PutSecretValue"
  | "CreateSecret"
  | "RestoreSecret"
  | "DeleteSecret";

/** A version of a secret. */
export interface SecretValue {
  readonly Name?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
  readonly VersionId?: string | undefined;
}

/** What the vault reads of an answer: one version, or those of a batch that could be read. */
export interface SecretsAnswer extends SecretValue {
  readonly SecretValues?: readonly SecretValue[] | undefined;
}

/** One call to Secrets Manager with the input that its API reference gives; throws what the client throws. */
export type SecretsManagerCall = (action: SecretsAction, input: object) => Promise<SecretsAnswer>;

/** The calls by the functions' small client: the SDK would be a third of what a function loads. */
export function signedSecretsCall(api: AwsApi): SecretsManagerCall {
  return async (action, input) => {
    // The protocol's own shape: bytes are base64 text.
    const answer = (await api.call("secretsmanager", action, input)) as WireValue & {
      readonly SecretValues?: readonly WireValue[];
    };
    return { ...valueOf(answer), SecretValues: answer.SecretValues?.map(valueOf) };
  };
}

interface WireValue {
  readonly Name?: string;
  readonly SecretString?: string;
  readonly SecretBinary?: string;
  readonly VersionId?: string;
}

function valueOf({ Name, SecretString, SecretBinary, VersionId }: WireValue): SecretValue {
  const bytes = SecretBinary === undefined ? undefined : new Uint8Array(Buffer.from(SecretBinary, "base64"));
  return { Name, SecretString, SecretBinary: bytes, VersionId };
}
