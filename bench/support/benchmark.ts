import type { Report } from "./report.ts";

/** One file of bench/ is one of these. */
export interface Benchmark {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  /** What is measured, in one line. */
  readonly summary: string;
  /** @throws Skip when something that it needs is not there. */
  run(report: Report, options: BenchmarkOptions): Promise<void>;
}

export interface BenchmarkOptions {
  /** Rounds per measurement; each benchmark has its own default. */
  readonly rounds: number | undefined;
}

/** The benchmark cannot run here; the message says what is missing. */
export class Skip extends Error {
  override readonly name = "Skip";
}
