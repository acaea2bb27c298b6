export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** The smallest sample that at least `share` of all samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function best(samples: readonly number[]): number {
  return Math.min(...samples);
}
