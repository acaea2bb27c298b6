import type { PlanStep } from "../plan-types.ts";

/** Steps that one or more others wait for together. */
interface Gate {
  /** How many of them are not finished. */
  left: number;
  readonly waiters: number[];
}

/** Which steps may start: those whose predecessors in the order are all finished (kapp.md §5.5). */
export class Schedule {
  readonly #steps: readonly PlanStep[];
  /** How many gates a step waits at. */
  readonly #closed: number[];
  /** The gates that a step helps to open. */
  readonly #gatesOf: Gate[][];
  readonly #pending: Set<number>;
  readonly #finished = new Set<number>();

  constructor(steps: readonly PlanStep[]) {
    this.#steps = steps;
    this.#closed = steps.map(({ waitsFor }) => waitsFor.length);
    this.#gatesOf = steps.map(() => []);
    // Steps that wait for the same group share its list.
    const gates = new Map<readonly number[], Gate>();
    steps.forEach(({ waitsFor }, index) => {
      for (const { on } of waitsFor) {
        const known = gates.get(on);
        const gate = known ?? { left: on.length, waiters: [] };
        gates.set(on, gate);
        gate.waiters.push(index);
        if (known === undefined) for (const target of on) this.#gatesOf[target]?.push(gate);
      }
    });
    this.#pending = new Set(steps.flatMap((step, index) => (step.active ? [index] : [])));
    // Steps without anything to do let those behind them go as soon as nothing holds them.
    steps.forEach((step, index) => {
      if (!step.active && step.waitsFor.length === 0) this.finish(index);
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
    return this.pending().filter((index) => this.#closed[index] === 0);
  }

  start(index: number): void {
    this.#pending.delete(index);
  }

  /** Lets go what waited for a step; steps without anything to do pass it on. A second time changes nothing. */
  finish(index: number): void {
    const queue = [index];
    for (let done = queue.pop(); done !== undefined; done = queue.pop()) {
      if (this.#finished.has(done)) continue;
      this.#finished.add(done);
      for (const gate of this.#gatesOf[done] ?? []) {
        gate.left--;
        if (gate.left > 0) continue;
        for (const waiter of gate.waiters) {
          const closed = (this.#closed[waiter] ?? 0) - 1;
          this.#closed[waiter] = closed;
          if (closed === 0 && this.#steps[waiter]?.active === false) queue.push(waiter);
        }
      }
    }
  }
}
