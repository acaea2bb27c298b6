import type { ClusterAccess, Impersonation } from "./cluster-access.ts";

type RequestHeaders = Readonly<Record<string, string | string[]>>;

/** What authenticates a call beside a client certificate, which belongs to the connection. */
export interface Credential {
  /** Headers of the next call. `renew`: the server refused the last ones. */
  headers(options: { readonly renew: boolean; readonly signal: AbortSignal | undefined }): Promise<RequestHeaders>;
  /** Whether `renew` can give something else than before. */
  readonly isRenewable: boolean;
}

/** A login that a kubeconfig holds whole. */
export function fixedCredential(access: ClusterAccess): Credential {
  const headers = {
    ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
    ...(access.basic === undefined ? {} : { authorization: basicHeader(access.basic) }),
    ...(access.impersonate === undefined ? {} : impersonationHeaders(access.impersonate)),
  };
  return { headers: () => Promise.resolve(headers), isRenewable: false };
}

function basicHeader(login: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}

export function impersonationHeaders(as: Impersonation): Record<string, string | string[]> {
  const extra = Map.groupBy(as.extra, ([key]) => `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`);
  return {
    "impersonate-user": as.user,
    ...(as.uid === undefined ? {} : { "impersonate-uid": as.uid }),
    ...(as.groups.length === 0 ? {} : { "impersonate-group": [...as.groups] }),
    ...Object.fromEntries([...extra].map(([header, pairs]) => [header, pairs.map(([, value]) => value)])),
  };
}
