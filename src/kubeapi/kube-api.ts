import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../base/index.ts";
import type { KubeObject } from "../resource/index.ts";
import { ApiError, unknownPath } from "./api-error.ts";
import { answerDocument, createDocumentCache } from "./documents.ts";
import { fromStore, keyOf } from "./object-codec.ts";
import type { ObjectStore } from "./object-store.ts";
import { createTypeRegistry, type ResolvedType, type TypeRegistry } from "./registry.ts";
import { jsonResponse } from "./representation.ts";
import type { ApiDeps, ApiLimits, WatchGate } from "./request-context.ts";
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
  /** Bounds watches per caller; throws ApiError TooManyRequests. Default: no bound. */
  readonly watchGate?: WatchGate;
  /** Path under which the API is mounted. Default `""`. */
  readonly basePath?: string;
  /** Told of failures that are nobody's input: they are answered with 500. */
  readonly onError?: (error: unknown, request: Request) => void;
}

export interface KubeApi {
  /** Answers any request; never rejects. */
  handle(request: Request): Promise<Response>;
  /** The same for a caller that needs no token, a part of the same program; paths are without the base path. */
  handleAs(caller: Caller, request: Request): Promise<Response>;
  /** The served types; may be changed at any time. */
  readonly types: TypeRegistry;
  /** Reads without a request; objects are as stored (sealed) and must not be changed. */
  readonly objects: ObjectReader;
}

/** Direct reads of served objects. */
export interface ObjectReader {
  get(type: ServedType, namespace: string, name: string): Promise<KubeObject | undefined>;
  /** Of all namespaces without one. */
  list(type: ServedType, namespace?: string): Promise<readonly KubeObject[]>;
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
    report: options.onError ?? (() => undefined),
    watchGate: options.watchGate ?? ((_caller, open) => open()),
  };
  const basePath = (options.basePath ?? "").replace(/\/+$/, "");
  const documents = createDocumentCache(registry);

  const answer = async (
    request: Request,
    base: string,
    authenticate: () => Promise<Caller | undefined>,
  ): Promise<Response> => {
    const warnings: string[] = [];
    let response: Response;
    try {
      const url = new URL(request.url);
      if (!`${url.pathname}/`.startsWith(`${base}/`)) throw unknownPath();
      const caller = await authenticate();
      if (caller === undefined) throw new ApiError("Unauthorized", "Unauthorized");
      const target = parseRequestPath(url.pathname.slice(base.length));
      response =
        target.kind === "resource"
          ? await answerResource(request, url, target, caller, deps, warnings)
          : answerDocument(request, url, target, documents);
    } catch (error) {
      if (!(error instanceof ApiError)) deps.report(error, request);
      response = failure(error);
    }
    // One header per warning, each at most a line: clients print them.
    for (const warning of new Set(warnings))
      response.headers.append("warning", `299 - ${JSON.stringify(warning.replace(/[^\x20-\x7e]/g, "?"))}`);
    return response;
  };

  return {
    handle: (request) => answer(request, basePath, () => options.authenticate(request)),
    handleAs: (caller, request) => answer(request, "", async () => caller),
    types: registry,
    objects: createObjectReader(deps),
  };
}

function createObjectReader({ store, registry }: ApiDeps): ObjectReader {
  const resolve = (type: ServedType): ResolvedType => {
    const resolved = registry.find(type.group, type.versions[0].name, type.plural);
    if (resolved === undefined) throw new RangeError(`${type.kind} is not served`);
    return resolved;
  };
  return {
    get: async (type, namespace, name) => {
      const resolved = resolve(type);
      const stored = await store.get(keyOf(resolved, namespace, name));
      return stored === undefined ? undefined : fromStore(stored, resolved);
    },
    list: async (type, namespace) => {
      const resolved = resolve(type);
      const page = await store.list(resolved.storeType, namespace === undefined ? {} : { namespace });
      return page.objects.map((stored) => fromStore(stored, resolved));
    },
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
