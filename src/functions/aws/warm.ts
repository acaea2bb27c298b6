import type { Clock, EpochMs, Log } from "../../base/index.ts";

/** A frozen process notices no closed socket and no timer: connections older than this are not trusted (aws.md §16.9). */
const maxIdleMs = 30_000;
/** What was read when it was opened, such as the home cluster's kubeconfig, is read again after so long. */
const maxAgeMs = 15 * 60_000;

export interface Warm<Resource> {
  /** Works with what is open, or opens it anew when it was idle or open for too long by the wall clock. */
  use<Result>(work: (resource: Resource) => Promise<Result>): Promise<Result>;
}

/**
 * Keeps connections from one invocation to the next.
 * @param isWhole what lacks something is opened anew by the next invocation. Default: nothing does.
 */
export function keepWarm<Resource extends { close(): Promise<void> }>(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  open: () => Promise<Resource>,
  isWhole: (resource: Resource) => boolean = () => true,
): Warm<Resource> {
  let kept: { readonly resource: Resource; readonly openedAt: EpochMs } | undefined;
  let usedAt: EpochMs = 0;

  const fresh = async (): Promise<Resource> => {
    const now = clock.now();
    if (kept !== undefined && isWhole(kept.resource) && now - usedAt < maxIdleMs && now - kept.openedAt < maxAgeMs)
      return kept.resource;
    const stale = kept?.resource;
    kept = undefined;
    // Not waited for: the other side may be long gone.
    stale?.close().catch((error: unknown) => log.debug("old connections not closed", { error }));
    kept = { resource: await open(), openedAt: now };
    return kept.resource;
  };

  return {
    async use(work) {
      const resource = await fresh();
      try {
        return await work(resource);
      } finally {
        usedAt = clock.now();
      }
    },
  };
}
