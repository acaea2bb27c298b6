import type { Clock } from "../../base/index.ts";
import type { HeldFor } from "../wait/custom-state.ts";
import type { HeldOf } from "../wait/diagnosis.ts";

/** Remembers since when conditions hold that may not last (kapp.md §14), over the slices of a run. */
export class HeldSince {
  readonly #clock: Pick<Clock, "now">;
  readonly #since: Map<string, number>;

  constructor(clock: Pick<Clock, "now">, before: Readonly<Record<string, number>> = {}) {
    this.#clock = clock;
    this.#since = new Map(Object.entries(before));
  }

  readonly heldFor: HeldFor = (key, holds) => {
    if (!holds) {
      this.#since.delete(key);
      return 0;
    }
    const now = this.#clock.now();
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since;
  };

  readonly heldOf: HeldOf = (subject, keys) => {
    const prefix = `${subject} has `;
    const wanted = keys.map((key) => prefix + key);
    for (const key of this.#since.keys()) if (key.startsWith(prefix) && !wanted.includes(key)) this.#since.delete(key);
    return new Map(keys.map((key) => [key, this.heldFor(prefix + key, true)]));
  };

  /** What a later slice goes on from. */
  get progress(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#since);
  }
}
