import type { Clock, EpochMs } from "../base/index.ts";
import { abortable } from "./abortable.ts";
import { ClusterError } from "./cluster-error.ts";
import type { Credential } from "./credential.ts";

/** A token and the end of its life; infinite where that is not known. */
export interface BearerToken {
  readonly token: string;
  readonly expiresAt: EpochMs;
}

interface Held extends BearerToken {
  readonly renewAt: number;
}

/**
 * Bearer tokens that are asked for when first needed and again when half of the life is left; a token that is still valid is used on when renewing
 * fails (app.md §3.10).
 */
export function tokenCredential(request: () => Promise<BearerToken>, clock: Clock): Credential {
  let held: Held | undefined;
  let renewing: Promise<Held> | undefined;
  const renew = (): Promise<Held> => {
    // Many calls wait for one request; none of their signals may end it for the others.
    renewing ??= request()
      .then((token) => {
        const now = clock.now();
        held = { ...token, renewAt: now + (token.expiresAt - now) / 2 };
        return held;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  const current = async (mustRenew: boolean): Promise<Held> => {
    if (held !== undefined && !mustRenew && clock.now() < held.renewAt) return held;
    const old = held;
    try {
      return await renew();
    } catch (error) {
      if (!mustRenew && old !== undefined && clock.now() < old.expiresAt && error instanceof ClusterError) return old;
      throw error;
    }
  };
  return {
    isRenewable: true,
    async headers({ renew: mustRenew, signal }) {
      const { token } = await abortable(current(mustRenew), signal);
      return { authorization: `Bearer ${token}` };
    },
  };
}
