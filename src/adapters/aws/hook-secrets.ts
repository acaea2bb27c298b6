import { mapBounded, type Clock, type EpochMs } from "../../base/index.ts";
import type { AwsApi } from "./aws-api.ts";
import { AwsError } from "./aws-error.ts";

const defaultCacheMs = 900_000;
/** How long aged secrets still count while Secrets Manager is out of reach (reliability.md F36). */
const defaultStaleMs = 900_000;
const parallelReads = 5;

export interface HookSecretsOptions {
  readonly api: AwsApi;
  /** Names or ARNs of the entries in Secrets Manager. */
  readonly names: readonly string[];
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds that secrets are used without asking again. Default 900,000 (15 minutes). */
  readonly cacheMs?: number;
  /** Default 900,000 (15 minutes). */
  readonly staleMs?: number;
}

/**
 * The webhook secrets: one a line of each entry's text, or `{"secret": "…"}`, or `{"secrets": ["…"]}`. The version before the current one
 * counts too, so that a rotation breaks no delivery: first the entry, then the forge. An entry that does not exist has no secrets.
 *
 * The answered function reads all entries once per `cacheMs`; calls at the same time share one read.
 * @throws AwsError from the answered function.
 */
export function createHookSecrets(options: HookSecretsOptions): () => Promise<readonly string[]> {
  const { api, names, clock, cacheMs = defaultCacheMs, staleMs = defaultStaleMs } = options;
  let cached: { readonly secrets: readonly string[]; readonly readAt: EpochMs } | undefined;
  let reading: Promise<readonly string[]> | undefined;

  const readAll = async (): Promise<readonly string[]> => {
    const readAt = clock.now();
    const stages = names.flatMap((name) => [
      { name, stage: "AWSCURRENT" },
      { name, stage: "AWSPREVIOUS" },
    ]);
    const texts = await mapBounded(stages, parallelReads, ({ name, stage }) => readText(api, name, stage));
    const secrets = [...new Set(texts.flatMap((text) => (text === undefined ? [] : secretsIn(text))))];
    cached = { secrets, readAt };
    return secrets;
  };

  return async () => {
    const ageMs = cached === undefined ? 0 : clock.now() - cached.readAt;
    if (cached !== undefined && ageMs < cacheMs) return cached.secrets;
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    try {
      return await reading;
    } catch (error) {
      const isOutage = error instanceof AwsError && error.retryable;
      if (cached !== undefined && isOutage && ageMs < cacheMs + staleMs) return cached.secrets;
      throw error;
    }
  };
}

async function readText(api: AwsApi, name: string, stage: string): Promise<string | undefined> {
  try {
    const answer = await api.call("secretsmanager", "GetSecretValue", { SecretId: name, VersionStage: stage });
    const text: unknown =
      typeof answer === "object" && answer !== null ? Reflect.get(answer, "SecretString") : undefined;
    return typeof text === "string" ? text : undefined;
  } catch (error) {
    // No such entry, or none before the current one.
    if (error instanceof AwsError && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

function secretsIn(text: string): readonly string[] {
  const members = textsOf(text) ?? text.split("\n");
  return members.map((secret) => secret.trim()).filter((secret) => secret !== "");
}

/** `undefined` when the text is not one of the two JSON forms: a secret may look like anything. */
function textsOf(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if ("secret" in value && typeof value.secret === "string") return [value.secret];
  if (!("secrets" in value) || !Array.isArray(value.secrets)) return undefined;
  return value.secrets.filter((secret: unknown) => typeof secret === "string");
}
