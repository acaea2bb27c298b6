/** Lets cases run side by side, and one of them alone where others would disturb it. */
export interface Gate {
  beside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Waits for what runs now; nothing else begins meanwhile. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createGate(): Gate {
  let running = 0;
  let closed: Promise<void> | undefined;
  return {
    beside: async (work) => {
      while (closed !== undefined) await closed;
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
    alone: async (work) => {
      while (closed !== undefined) await closed;
      let open = (): void => undefined;
      closed = new Promise((resolve) => {
        open = () => {
          closed = undefined;
          resolve();
        };
      });
      try {
        while (running > 0) await new Promise((resolve) => setTimeout(resolve, 50));
        return await work();
      } finally {
        open();
      }
    },
  };
}
