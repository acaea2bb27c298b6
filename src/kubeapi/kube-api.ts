import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../base/index.ts";
import { ApiError, unknownPath } from "./api-error.ts";
import { answerDocument, createDocumentCache } from "./documents.ts";
import type { ObjectStore } from "./object-store.ts";
import { createTypeRegistry, type TypeRegistry } from "./registry.ts";
import { jsonResponse } from "./representation.ts";
import type { ApiDeps, ApiLimits } from "./request-context.ts";
import { parseRequestPath } from "./request-path.ts";
import { answerResource } from "./resource-routes.ts";
import type { Caller, ServedType } from "./served-type.ts";

export interface KubeApiOptions {
  readonly types: readonly ServedType[];
  readonly store: ObjectStore;
  /** Who sends a request; `undefined` is answered with 401. */
  readonly authenticate: (request: Request) => Promise<Caller | undefined>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Cryptographically random bytes. Default: node:crypto's. */
  readonly randomBytes?: (length: number) => Uint8Array;
  readonly limits?: Partial<ApiLimits>;
  /** Path under which the API is mounted. Default `""`. */
  readonly basePath?: string;
  /** Told of failures that are nobody's input: they are answered with 500. */
  readonly onError?: (error: unknown, request: Request) => void;
}

export interface KubeApi {
  /** Answers any request; never rejects. */
  handle(request: Request): Promise<Response>;
  /** The same for a caller that needs no token: parts of the same program. */
  handleAs(caller: Caller, request: Request): Promise<Response>;
  /** The served types; may be changed at any time. */
  readonly types: TypeRegistry;
}

const defaultLimits: ApiLimits = { maxPage: 500, maxWatchMs: 30 * 60_000, watchPollMs: 1000 };

/** A Kubernetes-style API over an object store. */
export function createKubeApi(options: KubeApiOptions): KubeApi {
  const registry = createTypeRegistry(options.types);
  const deps: ApiDeps = {
    store: options.store,
    registry,
    clock: options.clock ?? systemClock,
    randomBytes: options.randomBytes ?? randomBytes,
    limits: { ...defaultLimits, ...options.limits },
  };
  const basePath = (options.basePath ?? "").replace(/\/+$/, "");
  const documents = createDocumentCache(registry);

  const answer = async (request: Request, authenticate: () => Promise<Caller | undefined>): Promise<Response> => {
    const warnings: string[] = [];
    let response: Response;
    try {
      const url = new URL(request.url);
      if (!url.pathname.startsWith(basePath)) throw unknownPath();
      const caller = await authenticate();
      if (caller === undefined) throw new ApiError("Unauthorized", "Unauthorized");
      const target = parseRequestPath(url.pathname.slice(basePath.length));
      response =
        target.kind === "resource"
          ? await answerResource(request, url, target, caller, deps, warnings)
          : answerDocument(request, url, target, documents);
    } catch (error) {
      if (!(error instanceof ApiError)) options.onError?.(error, request);
      response = failure(error);
    }
    // One header per warning, each at most a line: clients print them.
    for (const warning of new Set(warnings))
      response.headers.append("warning", `299 - ${JSON.stringify(warning.replace(/[^\x20-\x7e]/g, "?"))}`);
    return response;
  };

  return {
    handle: (request) => answer(request, () => options.authenticate(request)),
    handleAs: (caller, request) => answer(request, async () => caller),
    types: registry,
  };
}

function failure(error: unknown): Response {
  // What went wrong inside is for the log, not for the client: it may name files, hosts or values.
  const known =
    error instanceof ApiError ? error : new ApiError("InternalError", "Internal error occurred: see the server's log");
  const headers: Record<string, string> = {};
  if (known.options.retryAfterSeconds !== undefined) headers["retry-after"] = String(known.options.retryAfterSeconds);
  if (known.reason === "Unauthorized") headers["www-authenticate"] = "Bearer";
  return jsonResponse(known.toStatus(), known.code, headers);
}
