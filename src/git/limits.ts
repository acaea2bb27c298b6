const mebi = 1024 * 1024;

/** What one repository may cost (reliability.md L4–L9). Bytes and milliseconds; each name appears in the error that hits it. */
export interface GitLimits {
  readonly maxRefs: number;
  readonly maxRefNameBytes: number;
  readonly maxPackBytes: number;
  /** Sum of all objects of one pack, inflated and with deltas applied. */
  readonly maxDecodedBytes: number;
  readonly maxObjects: number;
  readonly maxDeltaDepth: number;
  readonly maxBlobBytes: number;
  /** Files below one subPath; directories are counted too. */
  readonly maxFiles: number;
  /** Sum of the files below one subPath. */
  readonly maxTotalBytes: number;
  readonly maxPathDepth: number;
  readonly idleMs: number;
  readonly minBytesPerSecond: number;
  /** One operation with all its requests. */
  readonly totalMs: number;
}

export const defaultGitLimits: GitLimits = {
  maxRefs: 10_000,
  maxRefNameBytes: 1024,
  maxPackBytes: 64 * mebi,
  maxDecodedBytes: 256 * mebi,
  maxObjects: 200_000,
  maxDeltaDepth: 4095,
  maxBlobBytes: 16 * mebi,
  maxFiles: 10_000,
  maxTotalBytes: 64 * mebi,
  maxPathDepth: 64,
  idleMs: 30_000,
  minBytesPerSecond: 1024,
  totalMs: 120_000,
};

const hardMaximum: Partial<Record<keyof GitLimits, number>> = {
  maxRefs: 200_000,
  maxRefNameBytes: 4096,
  maxPackBytes: 512 * mebi,
  maxDecodedBytes: 1024 * mebi,
  maxObjects: 2_000_000,
  maxDeltaDepth: 4095,
  maxBlobBytes: 64 * mebi,
  maxFiles: 50_000,
  maxTotalBytes: 256 * mebi,
  maxPathDepth: 128,
  totalMs: 180_000,
};

/**
 * Defaults with the operator's changes.
 * @throws RangeError naming a limit above its hard maximum or below 1.
 */
export function gitLimits(changes: Partial<GitLimits> = {}): GitLimits {
  const limits: GitLimits = { ...defaultGitLimits, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    // Object.entries of an interface with number members only gives these keys.
    const max = hardMaximum[name as keyof GitLimits] ?? Number.MAX_SAFE_INTEGER;
    if (!(value >= 1 && value <= max)) throw new RangeError(`limit ${name} must be between 1 and ${max}, not ${value}`);
  }
  return limits;
}
