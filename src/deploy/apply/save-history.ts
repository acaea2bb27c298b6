import { annotationsOf, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import {
  historyDigest,
  keepsHistory,
  originalText,
  withHistory,
  withoutHistory,
  withoutIdentity,
} from "../diff/history.ts";
import { withIdentity } from "../record/ownership.ts";

/** What to remember about an applied resource. */
export interface History {
  readonly original: string;
  readonly digest: string;
}

/**
 * An object as it is sent: with its identity and, already in the first write, with the history that fits if the server adds nothing.
 * kapp learns that only from the answer and always writes twice; here the second write is needed only where the guess was wrong.
 */
export function withGuessedHistory(
  target: KubeObject,
  applied: KubeObject,
  config: DeployConfig,
): { readonly object: KubeObject; readonly history?: History } {
  const object = withIdentity(withoutHistory(target, config));
  if (!keepsHistory(applied)) return { object };
  const original = originalText(applied, object, config);
  if (original === undefined) return { object };
  const digest = historyDigest(withoutIdentity(object), applied, config);
  return { object: withHistory(object, original, digest), history: { original, digest } };
}

/** The history that belongs to what the server made of the object; `undefined` when none is kept or it is there already. */
export function missingHistory(
  saved: KubeObject,
  applied: KubeObject,
  written: History | undefined,
  config: DeployConfig,
): History | undefined {
  if (written === undefined || annotationsOf(saved)[annotation.disableOriginal] !== undefined) return undefined;
  const digest = historyDigest(withoutIdentity(saved), applied, config);
  return digest === written.digest ? undefined : { original: written.original, digest };
}

/** `saved` with its history, ready for a PUT. */
export function rememberIn(saved: KubeObject, history: History): KubeObject {
  return withHistory(withIdentity(saved), history.original, history.digest);
}
