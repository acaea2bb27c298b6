import { LimitExceeded, StarlarkFailure } from "../values/value.ts";

/** Puts the name of a builtin before the message of a failure. */
export function named<T>(builtin: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
    throw new StarlarkFailure(`${builtin}: ${error.message}`);
  }
}
