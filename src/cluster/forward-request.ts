import { type Clock, systemClock } from "../base/index.ts";
import { accessCredential, type LoginOptions } from "./access-credential.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { createTransport, type TransportAnswer, type TransportOptions } from "./transport.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
const methods: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"] satisfies readonly Method[];
/** What a caller may learn of the server's answer beside status and body. */
const answerHeaders = ["content-type", "warning", "retry-after"];

/** Passes whole requests on to one API server. */
export interface Forwarder {
  /** The server's answer as it is. The request's own credentials are not looked at: it acts as the kubeconfig says. @throws ClusterError when no answer came. */
  forward(request: Request): Promise<Response>;
  close(): Promise<void>;
}

const silenceMs = 65_000;
const maxAnswerBytes = 33_554_432;

export function createForwarder(
  access: ClusterAccess,
  options: Pick<TransportOptions, "allowAddress"> & LoginOptions & { readonly clock?: Clock } = {},
): Forwarder {
  const transport = createTransport(access, { allowAddress: options.allowAddress, silenceMs, maxAnswerBytes });
  const credential = accessCredential(access, { ...options, clock: options.clock ?? systemClock });
  return {
    async forward(request) {
      const { method, signal } = request;
      if (!isMethod(method)) return new Response(null, { status: 405 });
      const { pathname, search } = new URL(request.url);
      const body = method === "GET" ? undefined : await request.text();
      const send = async (renew: boolean): Promise<TransportAnswer> =>
        transport.send({
          method,
          path: pathname + search,
          headers: { ...Object.fromEntries(request.headers), ...(await credential.headers({ renew, signal })) },
          signal,
          ...(body ? { body } : {}),
        });
      const first = await send(false);
      // The server has not looked at a request whose token it refuses.
      const answer = first.status === 401 && credential.isRenewable ? await send(true) : first;
      const passed = new Headers();
      for (const name of answerHeaders) {
        const value = answer.headers[name];
        for (const each of Array.isArray(value) ? value : value === undefined ? [] : [value]) passed.append(name, each);
      }
      return new Response(answer.text, { status: answer.status, headers: passed });
    },
    close: () => transport.close(),
  };
}

function isMethod(method: string): method is Method {
  return methods.includes(method);
}
