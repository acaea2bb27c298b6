import type { Secret } from "../../reconcile/index.ts";
import { decodeBinary, decodeSecret } from "./secret-text.ts";
import { obstacleOf, SecretsError, translateError } from "./secrets-error.ts";
import type { SecretsManagerCall, SecretValue } from "./secrets-manager-call.ts";

/** Calls at once; what is asked for meanwhile is gathered and goes as one. */
const maxCalls = 4;
/** `BatchGetSecretValue` takes this many (aws.md §8). */
const maxBatch = 20;

interface Waiting {
  readonly name: string;
  readonly resolve: (found: Secret | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads secrets by name: `undefined` for one that is absent or deleted. A read alone is sent at once; many at the same time are few calls.
 * A role that may not read in batches reads one by one.
 * @throws SecretsError from each read.
 */
export function createSecretReads(call: SecretsManagerCall): (name: string) => Promise<Secret | undefined> {
  const waiting: Waiting[] = [];
  let calls = 0;
  let mayBatch = true;

  const readOne = async (name: string): Promise<Secret | undefined> => {
    try {
      return await contentOf(await call("GetSecretValue", { SecretId: name }), name);
    } catch (error) {
      if (obstacleOf(error) !== undefined) return undefined;
      throw translateError(error, "GetSecretValue", name);
    }
  };

  const readMany = async (batch: readonly Waiting[]): Promise<void> => {
    const found = await readBatch(
      batch.map(({ name }) => name),
      call,
    ).catch((error: unknown) => {
      if (!(error instanceof SecretsError) || error.failure.code !== "SECRETS_DENIED") throw error;
      mayBatch = false;
      return new Map<string, SecretValue>();
    });
    // What is not among the answers is asked for by itself: that tells why.
    await Promise.all(
      batch.map(({ name, resolve, reject }) => {
        const value = found.get(name);
        return (value === undefined ? readOne(name) : contentOf(value, name)).then(resolve, reject);
      }),
    );
  };

  const send = (): void => {
    if (calls >= maxCalls || waiting.length === 0) return;
    const batch = waiting.splice(0, mayBatch ? maxBatch : 1);
    const [first] = batch;
    calls++;
    void (
      batch.length === 1 && first !== undefined
        ? readOne(first.name).then(first.resolve, first.reject)
        : readMany(batch)
    )
      .catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      })
      .finally(() => {
        calls--;
        send();
      });
  };

  return (name) =>
    new Promise((resolve, reject) => {
      waiting.push({ name, resolve, reject });
      send();
    });
}

/** @throws SecretsError when the call as a whole failed. */
async function readBatch(
  names: readonly string[],
  call: SecretsManagerCall,
): Promise<ReadonlyMap<string, SecretValue>> {
  try {
    const { SecretValues = [] } = await call("BatchGetSecretValue", { SecretIdList: names });
    return new Map(SecretValues.map((value) => [value.Name ?? "", value]));
  } catch (error) {
    throw translateError(error, "BatchGetSecretValue", names.join(" "));
  }
}

/** @throws SecretsError `SECRETS_CONTENT_INVALID`. */
async function contentOf({ SecretString, SecretBinary, VersionId }: SecretValue, name: string): Promise<Secret> {
  const content =
    SecretString === undefined ? decodeBinary(SecretBinary ?? new Uint8Array()) : decodeSecret(SecretString, name);
  return { ...content, version: VersionId ?? "" };
}
