import type { Clock } from "../base/index.ts";
import { own, stringifyJson } from "../resource/index.ts";
import { abortable } from "./abortable.ts";
import { type ApiClient, badAnswer } from "./api-client.ts";
import type { CallOptions, ServiceAccountToken } from "./cluster.ts";
import { ClusterError } from "./cluster-error.ts";
import type { Credential } from "./credential.ts";
import { textOf } from "./text-of.ts";

/** app.md §3.10. */
const defaultExpirationSeconds = 7200;

/** Asks the TokenRequest API for a token of a ServiceAccount. */
export function requestToken(
  client: ApiClient,
  namespace: string,
  name: string,
  options: CallOptions & { readonly expirationSeconds?: number },
): Promise<ServiceAccountToken> {
  const { signal, expirationSeconds = defaultExpirationSeconds } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`;
  return client.call(
    {
      method: "POST",
      title: `Requesting a token of serviceaccount/${name} (v1) namespace: ${namespace}`,
      terse: `post serviceaccounts ${name}`,
      path,
      body: stringifyJson({
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds },
      }),
      // A token that nobody received harms nobody.
      isRepeatable: true,
      signal,
    },
    (answer) => {
      const status = own(answer, "status");
      const token = textOf(own(status, "token"));
      const expiresAt = Date.parse(textOf(own(status, "expirationTimestamp")));
      if (token === "" || Number.isNaN(expiresAt)) throw badAnswer("the answer holds no token");
      return { token, expiresAt };
    },
  );
}

interface Held extends ServiceAccountToken {
  readonly renewAt: number;
}

/**
 * Bearer tokens of a ServiceAccount, asked for when first needed and again when half of the life is left; a token that is still valid is
 * used on when renewing fails (app.md §3.10).
 */
export function serviceAccountCredential(
  request: (signal: AbortSignal | undefined) => Promise<ServiceAccountToken>,
  clock: Clock,
): Credential {
  let held: Held | undefined;
  let renewing: Promise<Held> | undefined;
  const renew = (): Promise<Held> => {
    // Many calls wait for one request; none of their signals may end it for the others.
    renewing ??= request(undefined)
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
