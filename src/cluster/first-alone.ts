import { abortable } from "./abortable.ts";

/**
 * The first call of a connection goes alone: it finds out whether the server speaks HTTP/2, so that the crowd behind it takes the right kind of
 * connection at once.
 */
export function createFirstAlone(): <Result>(
  work: () => Promise<Result>,
  signal: AbortSignal | undefined,
) => Promise<Result> {
  let first: Promise<unknown> | undefined;
  return async (work, signal) => {
    if (first !== undefined) {
      await abortable(first, signal);
      return work();
    }
    const result = work();
    // Whatever came of it.
    first = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
