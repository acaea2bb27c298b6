import { createRedactor } from "../../base/index.ts";
import { describeResource, isMap, type KubeObject } from "../../resource/index.ts";
import { isApiFailure } from "../cluster-port.ts";
import { isSecret } from "../diff/history.ts";
import { type CallVerb, DeployError } from "../failure.ts";

/** Turns a failed call into the error of the change that it was made for, without the values of Secrets. */
export async function calling<Result>(
  op: string,
  verb: CallVerb,
  object: KubeObject,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!isApiFailure(error)) throw error;
    throw new DeployError(
      {
        code: "DEPLOY_API",
        op,
        verb,
        resource: describeResource(object),
        status: error.status,
        reason: error.reason,
        message: withoutSecretValues(error.apiMessage, object),
      },
      { retryable: error.status !== 422 && error.status !== 400, cause: error },
    );
  }
}

/** API servers quote the values that they refuse (reliability.md B110). */
function withoutSecretValues(message: string, object: KubeObject): string {
  if (!isSecret(object)) return message;
  const redactor = createRedactor();
  for (const field of ["data", "stringData"]) {
    const members = object[field];
    if (!isMap(members)) continue;
    for (const value of Object.values(members)) {
      if (typeof value !== "string") continue;
      redactor.add(value);
      if (field === "data") redactor.add(Buffer.from(value, "base64").toString("utf8"));
    }
  }
  return redactor.redact(message);
}

/** The status of the failed call behind an error, 0 without an answer; `undefined` for other errors. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof DeployError && error.failure.code === "DEPLOY_API" ? error.failure.status : undefined;
}

export function reasonOf(error: unknown): string {
  return error instanceof DeployError && error.failure.code === "DEPLOY_API" ? error.failure.reason : "";
}

export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409 && reasonOf(error) !== "AlreadyExists";
}

/** Nobody knows whether the write happened (reliability.md F42). */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof DeployError && isApiFailure(error.cause) && error.cause.outcomeUnknown;
}

const createTries = 4;

/**
 * Creates an object once, also where an answer is lost: then what is there is looked at, and so it is when a further try comes too late after
 * all (reliability.md F42).
 */
export async function createOnce(calls: {
  readonly send: () => Promise<KubeObject>;
  readonly read: () => Promise<KubeObject | undefined>;
  /** Whether what is there can only come from this call. */
  readonly isOurs: (found: KubeObject) => boolean;
}): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.send();
    } catch (error) {
      const exists = reasonOf(error) === "AlreadyExists" && attempt > 1;
      if (!exists && !isOutcomeUnknown(error)) throw error;
      const found = await calls.read();
      if (found !== undefined && calls.isOurs(found)) return found;
      if (exists || attempt >= createTries) throw error;
    }
  }
}

/** A delete of one UID; it may be sent again when no answer came: the same UID never comes back. */
export async function deleteOnce<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    return send();
  }
}

const webhookFailures: readonly RegExp[] = [
  /Internal error occurred: failed calling (?:admission )?webhook/,
  /conversion webhook for .+ failed:/,
];

/** Whether the change is tried again in the next round (kapp.md §6.1). */
export function isWorthAnotherRound(error: unknown): error is DeployError {
  if (!(error instanceof DeployError)) return false;
  const { failure } = error;
  if (failure.code === "DEPLOY_EXTERNAL_MISSING" || failure.code === "DEPLOY_TYPE_MISSING") return true;
  return failure.code === "DEPLOY_API" && webhookFailures.some((pattern) => pattern.test(failure.message));
}
