import { Agent, fetch, type RequestInit, type Response } from "undici";
import { isMap, own, parseJson } from "../resource/index.ts";
import { CommandError } from "./exit-code.ts";
import type { HubAccess } from "./hub-access.ts";

/** Calls to a running lateen: its Kubernetes-style API and the by-hand API. */
export interface HubClient {
  /**
   * One request; the answer is a success.
   * @throws CommandError that says what the server answered, or that it cannot be reached.
   */
  call(method: string, path: string, options?: HubCallOptions): Promise<Response>;
  close(): Promise<void>;
}

export interface HubCallOptions {
  readonly body?: string;
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** A status besides 2xx that counts as an answer. */
  readonly allow?: number;
  readonly signal?: AbortSignal;
}

export function createHubClient(access: HubAccess): HubClient {
  // HTTP/1.1: what is aborted here, such as following a run, ends with its connection.
  const agent = new Agent({
    connect: access.ca === undefined ? {} : { ca: access.ca },
    allowH2: false,
    bodyTimeout: 0,
  });
  return {
    call: async (method, path, options = {}) => {
      const headers: Record<string, string> = {
        authorization: `Bearer ${access.token}`,
        accept: options.accept ?? "application/json",
      };
      if (options.contentType !== undefined) headers["content-type"] = options.contentType;
      const request: RequestInit = {
        method,
        headers,
        dispatcher: agent,
        ...(options.body === undefined ? {} : { body: options.body }),
      };
      const response = await reach(
        `${access.url}${path}`,
        options.signal === undefined ? request : { ...request, signal: options.signal },
      );
      if (response.ok || response.status === options.allow) return response;
      throw new CommandError(`${method} ${path}: ${await explain(response)}`);
    },
    close: () => agent.close(),
  };
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    request.signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandError(
      `cannot reach lateen at ${new URL(url).origin}: ${cause} (hint: is \`lateen serve\` running?)`,
      { cause: error },
    );
  }
}

/** The message of a Kubernetes Status or of a problem document, with the HTTP status. */
async function explain(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body = parseJson(text);
    const message = own(body, "message") ?? own(body, "detail") ?? own(body, "title");
    if (isMap(body) && typeof message === "string") return `${message} (HTTP ${response.status})`;
  } catch {
    // Not JSON, such as a proxy's page: the status says enough.
  }
  return `HTTP ${response.status}`;
}
