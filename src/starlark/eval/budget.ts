import { LimitExceeded } from "../values/value.ts";

export interface StarlarkLimits {
  /** Statements, loop iterations, calls and comparable work of builtins. Default 50,000,000. */
  readonly maxSteps: number;
  /** Calls of Starlark functions within one another. Default 1,000. */
  readonly maxCallDepth: number;
  /** What programs allocate in all, estimated; nothing is given back. Default 256 MiB. */
  readonly maxBytes: number;
}

const defaults: StarlarkLimits = { maxSteps: 50_000_000, maxCallDepth: 1_000, maxBytes: 256 * 1024 * 1024 };

/** Steps between looks at the clock. */
const stepsPerSlice = 10_000;

/**
 * Most closures of compiled code within one another, which a stack of 1 MB must hold: expressions nest within calls, and calls within
 * expressions. Measured: the largest frames need about 150 bytes each.
 */
const maxNestedClosures = 6_000;

/** Bounds the work of all threads that share it. */
export class Budget {
  readonly limits: StarlarkLimits;
  /** Steps left until `takeSlice` must be called. */
  left: number;
  /** Calls of Starlark functions that are running. */
  depth = 0;
  /** Closures of compiled code that are running, as a bound on the stack. */
  closures = 0;
  #slice: number;
  #steps = 0;
  #bytes = 0;

  constructor(limits: Partial<StarlarkLimits> = {}) {
    this.limits = { ...defaults, ...limits };
    this.#slice = Math.min(stepsPerSlice, this.limits.maxSteps);
    this.left = this.#slice;
  }

  /** Steps counted so far. */
  get steps(): number {
    return this.#steps + this.#slice - this.left;
  }

  /** Bytes counted so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Must be called when `left` is below 0. */
  takeSlice(): void {
    const { maxSteps } = this.limits;
    this.#steps += this.#slice - this.left;
    this.#slice = Math.max(0, Math.min(stepsPerSlice, maxSteps - this.#steps));
    this.left = this.#slice;
    if (this.#steps > maxSteps)
      throw new LimitExceeded("steps", `evaluation takes more than the allowed ${maxSteps} steps`);
  }

  allocate(bytes: number): void {
    this.#bytes += bytes;
    const { maxBytes } = this.limits;
    if (this.#bytes > maxBytes)
      throw new LimitExceeded("bytes", `evaluation needs more than the allowed ${maxBytes} bytes of memory`);
  }

  /** A call begins that stands within so many closures of its caller. */
  enter(closures: number): void {
    this.depth++;
    this.closures += closures;
    const { maxCallDepth } = this.limits;
    if (this.depth > maxCallDepth)
      throw new LimitExceeded("call depth", `calls nest deeper than the allowed ${maxCallDepth}`);
    if (this.closures > maxNestedClosures) throw new LimitExceeded("call depth", "calls and expressions nest too deep");
  }

  leave(closures: number): void {
    this.depth--;
    this.closures -= closures;
  }
}
