/** Carries events from work with many branches to one async generator, in the order in which they were sent. */
export interface EventChannel<Event> {
  readonly send: (event: Event) => void;
  /** Yields what is sent while `work` runs, then returns its result or throws its error. */
  drain<Result>(work: Promise<Result>): AsyncGenerator<Event, Result>;
}

export function createEventChannel<Event>(): EventChannel<Event> {
  const waiting: Event[] = [];
  let wake: () => void = () => undefined;
  return {
    send(event) {
      waiting.push(event);
      wake();
    },
    async *drain(work) {
      let settled = false;
      const done = work.finally(() => {
        settled = true;
        wake();
      });
      // The caller gets the rejection by awaiting `done` below.
      done.catch(() => undefined);
      for (;;) {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        yield* waiting.splice(0);
        if (waiting.length > 0) continue;
        if (settled) return await done;
        await more;
      }
    },
  };
}
