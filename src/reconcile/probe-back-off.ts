const firstMs = 5_000;
const longestMs = 600_000;

/**
 * How long nobody asks something that has failed `failures` times in a row: uniform up to a bound that doubles (reliability.md L33).
 * The lower fifth is left out, so that a probe is never made again at once.
 */
export function probeBackOffMs(failures: number, random: () => number): number {
  const bound = Math.min(longestMs, firstMs * 2 ** Math.max(0, Math.min(failures - 1, 20)));
  return Math.ceil(bound * (0.2 + 0.8 * random()));
}
