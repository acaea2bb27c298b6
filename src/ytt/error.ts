import { EvalError, limitOf, StarlarkFailure } from "../starlark/index.ts";

/** What ytt would say of bad input: the message before the command line shapes its first line (ytt.md §8). */
export class YttError extends Error {
  override readonly name = "YttError";
}

/** Puts a step before the message of what failed in it. Faults of the program itself and met limits pass through. */
export function inStep(step: string, error: unknown): unknown {
  return isInputFailure(error) ? new YttError(`${step}: ${error.message}`) : error;
}

/** What `body` gives; its failures are put `inStep`. */
export function within<Result>(step: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw inStep(step, error);
  }
}

/** Whether it is the input that is at fault: a template, a value, an annotation. */
export function isInputFailure(error: unknown): error is Error {
  if (limitOf(error) !== undefined) return false;
  return error instanceof YttError || error instanceof StarlarkFailure || error instanceof EvalError;
}
