import { LimitExceeded } from "../values/value.ts";

/** A place in a module. */
export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

/** A Starlark function that was running. */
export interface Frame {
  /** `<toplevel>`, `lambda` or the name of a `def`. */
  readonly functionName: string;
  readonly position: Position;
}

/** A program failed. Its message has no position: that is in the frames. */
export class EvalError extends Error {
  override readonly name = "EvalError";
  /** Innermost first; builtins have none. */
  readonly frames: readonly Frame[];

  constructor(message: string, frames: readonly Frame[], cause: unknown) {
    super(message, { cause });
    this.frames = frames;
  }
}

/** The bound that a program met, if that is why it failed. */
export function limitOf(error: unknown): LimitExceeded | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof LimitExceeded) return at;
  return undefined;
}

/** A source text is no program. */
export class SyntaxErrors extends Error {
  override readonly name = "SyntaxErrors";
  /** One where it cannot be parsed, all of them where names mean nothing. */
  readonly errors: readonly { readonly message: string; readonly position: Position }[];

  constructor(errors: readonly { readonly message: string; readonly position: Position }[]) {
    super(errors[0]?.message ?? "");
    this.errors = errors;
  }
}
