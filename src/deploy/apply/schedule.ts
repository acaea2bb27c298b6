import type { PlanStep } from "../plan-types.ts";

/** Which steps may start: those whose predecessors in the order are all finished (kapp.md §5.5). */
export class Schedule {
  readonly #steps: readonly PlanStep[];
  readonly #blockers: readonly Set<number>[];
  readonly #dependents: number[][];
  readonly #pending: Set<number>;

  constructor(steps: readonly PlanStep[]) {
    this.#steps = steps;
    this.#blockers = steps.map((step) => new Set(step.waitsFor.flatMap((edge) => edge.on)));
    this.#dependents = steps.map(() => []);
    this.#blockers.forEach((blockers, index) => {
      for (const blocker of blockers) this.#dependents[blocker]?.push(index);
    });
    this.#pending = new Set(steps.flatMap((step, index) => (step.active ? [index] : [])));
    // Steps without anything to do let those behind them go as soon as nothing holds them.
    steps.forEach((step, index) => {
      if (!step.active && this.#blockers[index]?.size === 0) this.finish(index);
    });
  }

  /** How many steps have not started. */
  get left(): number {
    return this.#pending.size;
  }

  pending(): number[] {
    return [...this.#pending];
  }

  ready(): number[] {
    return this.pending().filter((index) => this.#blockers[index]?.size === 0);
  }

  start(index: number): void {
    this.#pending.delete(index);
  }

  /** Lets go what waited for a step; steps without anything to do pass it on. */
  finish(index: number): void {
    const queue = [index];
    for (let done = queue.pop(); done !== undefined; done = queue.pop()) {
      for (const dependent of this.#dependents[done] ?? []) {
        const blockers = this.#blockers[dependent];
        if (blockers?.delete(done) !== true || blockers.size > 0) continue;
        if (this.#steps[dependent]?.active === false) queue.push(dependent);
      }
    }
  }
}
