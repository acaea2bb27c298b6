import { own, stringifyJson } from "../resource/index.ts";
import { type ApiClient, badAnswer } from "./api-client.ts";
import type { CallOptions } from "./cluster.ts";
import { textOf } from "./text-of.ts";
import type { BearerToken } from "./token-credential.ts";

/** app.md §3.10. */
const defaultExpirationSeconds = 7200;

/** Asks the TokenRequest API for a token of a ServiceAccount. */
export function requestToken(
  client: ApiClient,
  namespace: string,
  name: string,
  options: CallOptions & { readonly expirationSeconds?: number },
): Promise<BearerToken> {
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
