import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../base/index.ts";
import type { Secret, SecretVault } from "../../reconcile/index.ts";
import { isDnsLabel, isDnsSubdomain } from "../../resource/index.ts";
import type { SecretsAction, SecretsManagerCall } from "./secrets-manager-call.ts";
import { createSecretReads } from "./secret-reads.ts";
import { encodeSecret } from "./secret-text.ts";
import { type Obstacle, obstacleOf, SecretsError, translateError } from "./secrets-error.ts";

/** How long a value is used without asking again; on a 401 the caller reads it fresh (aws.md §8). */
const defaultCacheMs = 3_600_000;
/** How long an aged value is still given while Secrets Manager is out of reach (reliability.md F36). */
const defaultStaleMs = 900_000;
/** Values kept in memory at most. */
const maxCached = 2_000;
const defaultRecoveryDays = 7;
/** A secret that was deleted for good keeps its name for a moment: pauses before the name is tried again. */
const reusePausesMs = [200, 400, 800, 1_600, 3_200] as const;

export interface SecretsManagerVaultOptions {
  /** Secrets are named `PREFIX/NAMESPACE/NAME`. */
  readonly prefix: string;
  /** Makes the calls: `sdkSecretsCall` or `signedSecretsCall`. */
  readonly call: SecretsManagerCall;
  /** Default 3,600,000 (1 hour). 0 asks each time. */
  readonly cacheMs?: number;
  /** Default 900,000 (15 minutes). */
  readonly staleMs?: number;
  /** Days in which a deleted secret can be restored, 7 to 30; 0 deletes for good. Default 7. */
  readonly recoveryDays?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

type Call = (action: SecretsAction, secret: string, input: object) => Promise<Obstacle | undefined>;

interface Cached {
  readonly secret: Secret;
  readonly readAt: number;
}

/**
 * Secrets in AWS Secrets Manager, as `secret-text.ts` describes them. A value is cached per process; reads of one secret at the
 * same time are one, those of many are few calls, and the client retries throttling and server errors (5 calls in all). New secrets carry the tag
 * `lateen: true`, for policies that want a second lock.
 * @throws SecretsError from each call.
 */
export function createSecretsManagerVault(options: SecretsManagerVaultOptions): SecretVault {
  const { clock = systemClock, cacheMs = defaultCacheMs, staleMs = defaultStaleMs } = options;
  const recoveryDays = options.recoveryDays ?? defaultRecoveryDays;
  const cache = new Map<string, Cached>();
  const reads = new Map<string, Promise<Secret | undefined>>();
  const read = createSecretReads(options.call);

  /** @throws SecretsError; answers an obstacle that the caller can deal with. */
  const call: Call = async (action, secret, input) => {
    try {
      await options.call(action, input);
      return undefined;
    } catch (error) {
      const obstacle = obstacleOf(error);
      if (obstacle !== undefined) return obstacle;
      throw translateError(error, action, secret);
    }
  };

  const readOnce = (secret: string): Promise<Secret | undefined> => {
    const running = reads.get(secret);
    if (running !== undefined) return running;
    const reading = read(secret)
      .then((found) => {
        // Written or deleted meanwhile: what was read may be older than that.
        if (reads.get(secret) === reading) remember(cache, secret, found, clock.now());
        return found;
      })
      .finally(() => {
        if (reads.get(secret) === reading) reads.delete(secret);
      });
    reads.set(secret, reading);
    return reading;
  };
  const forget = (secret: string): void => {
    cache.delete(secret);
    reads.delete(secret);
  };

  return {
    async get(namespace, name, { fresh = false, signal } = {}) {
      const secret = secretName(options.prefix, namespace, name);
      signal?.throwIfAborted();
      const cached = fresh ? undefined : cache.get(secret);
      const ageMs = cached === undefined ? 0 : clock.now() - cached.readAt;
      if (cached !== undefined && ageMs < cacheMs) return cached.secret;
      try {
        return await untilAborted(readOnce(secret), signal);
      } catch (error) {
        const isOutage = error instanceof SecretsError && error.retryable;
        if (cached !== undefined && isOutage && ageMs < cacheMs + staleMs) return cached.secret;
        throw error;
      }
    },

    async put(namespace, name, content) {
      const secret = secretName(options.prefix, namespace, name);
      const text = encodeSecret(content, secret);
      forget(secret);
      try {
        await store(secret, text, call, clock);
      } finally {
        // Also what was read while the write was on its way.
        forget(secret);
      }
    },

    async delete(namespace, name) {
      const secret = secretName(options.prefix, namespace, name);
      forget(secret);
      const mode = recoveryDays === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: recoveryDays };
      try {
        // Absent and already deleted are what was asked for.
        await call("DeleteSecret", secret, { SecretId: secret, ...mode });
      } finally {
        forget(secret);
      }
    },
  };
}

/** Only names of Kubernetes go into secret names: no slash leads to another namespace's secrets (reliability.md T13). */
function secretName(prefix: string, namespace: string, name: string): string {
  if (isDnsLabel(namespace) && isDnsSubdomain(name)) return `${prefix}/${namespace}/${name}`;
  throw new SecretsError(
    { code: "SECRETS_NAME_INVALID", namespace, name },
    `${JSON.stringify(`${namespace}/${name}`)} is no name of a Secret: namespace and name are lower-case letters, digits, - and (in the name) dots`,
  );
}

/**
 * Makes `text` the current version of the secret, creating it or bringing it back from its recovery window. A call that is sent again because
 * its reply was lost carries the same token and writes nothing more. Called again with the
 * same text it writes one more version, nothing else.
 */
async function store(secret: string, text: string, call: Call, clock: Clock): Promise<void> {
  for (let round = 0; ; round++) {
    const put = await call("PutSecretValue", secret, {
      SecretId: secret,
      SecretString: text,
      ClientRequestToken: randomUUID(),
    });
    if (put === undefined) return;
    if (put === "absent") {
      const created = await call("CreateSecret", secret, {
        Name: secret,
        SecretString: text,
        ClientRequestToken: randomUUID(),
        Tags: [{ Key: "lateen", Value: "true" }],
      });
      if (created === undefined) return;
    } else {
      await call("RestoreSecret", secret, { SecretId: secret });
    }
    const pauseMs = reusePausesMs[round];
    if (pauseMs === undefined) {
      throw new SecretsError(
        { code: "SECRETS_UNAVAILABLE", action: "PutSecretValue", secret },
        `AWS Secrets Manager: "${secret}" is still being deleted: try again in a minute`,
      );
    }
    // The first round is the ordinary way back from a recovery window or past another writer: no reason to wait.
    if (round > 0) await clock.sleep(pauseMs);
  }
}

function remember(cache: Map<string, Cached>, name: string, secret: Secret | undefined, readAt: number): void {
  // Absence is not kept: somebody is about to make the secret.
  cache.delete(name);
  if (secret === undefined) return;
  cache.set(name, { secret, readAt });
  const oldest = cache.size > maxCached ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
}

/** The shared read goes on for the others; this caller leaves. */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
