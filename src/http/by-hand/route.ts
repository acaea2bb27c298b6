import type * as z from "zod";
import type { Scope, TokenRecord } from "../../hub/index.ts";

/** Who calls: what the token may do and where, and its public name for the log. */
export type Caller = Pick<TokenRecord, "scopes" | "namespaces"> & Partial<Pick<TokenRecord, "id">>;

export interface RouteInput<Params, Query> {
  readonly params: Params;
  readonly query: Query;
  readonly caller: Caller;
  readonly request: Request;
}

/** One answer of a route: a JSON shape, or a text. Error answers are problems. */
export interface RouteAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, z.ZodType>>;
}

/** A route of the by-hand API. The router, the checks and the OpenAPI document are all made from it, so they cannot disagree. */
export interface Route<Params = Readonly<Record<string, string>>, Query = unknown> {
  readonly method: "GET" | "POST";
  /** With `{name}` for parameters. `{namespace}` is checked against the caller's namespaces. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** What a token needs; `undefined`: open to everybody. */
  readonly scope: Scope | undefined;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Statuses of problems that this route may answer besides those that every route may. */
  readonly problems: readonly number[];
  readonly handle: (input: RouteInput<Params, Query>) => Promise<Response>;
}

/** Ties the types of a handler's input to the route's schemas, and forgets them again so that routes fit in one list. */
export function defineRoute<Params extends z.ZodObject, Query extends z.ZodObject>(
  route: Omit<Route, "params" | "query" | "handle"> & {
    readonly params: Params;
    readonly query: Query;
    readonly handle: (input: RouteInput<z.output<Params>, z.output<Query>>) => Promise<Response>;
  },
): Route {
  // The router parses with exactly these schemas before it calls `handle`.
  return route as unknown as Route;
}
