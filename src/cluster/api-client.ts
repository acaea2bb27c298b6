import { type Clock, type Log, retry } from "../base/index.ts";
import { isMap, type JsonMap, parseJson } from "../resource/index.ts";
import { apiFailure, type ApiAnswer, type CallSubject, excerpt, isNotFoundAnswer } from "./api-failure.ts";
import type { CallGate } from "./call-gate.ts";
import { ClusterError } from "./cluster-error.ts";
import type { Credential } from "./credential.ts";
import { createFirstAlone } from "./first-alone.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Transport, TransportAnswer } from "./transport.ts";
import { parseWarnings } from "./warning-header.ts";

interface ApiCall extends CallSubject {
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  /** A write that may be sent again although the first try may have been carried out (a delete of one UID). */
  readonly isRepeatable?: boolean;
  /** A 404 about the object or its type resolves to `undefined` instead of throwing. */
  readonly absentIsAnswer?: boolean;
  /** As long as it likes, and outside of what the server counts: a log. */
  readonly isLong?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiClient {
  /**
   * Makes one call, with retries where that is safe, and reads the answer inside the try: a truncated or foreign answer to a read is
   * asked for again.
   * @throws ClusterError; `signal.reason` on abort.
   */
  call<Result>(call: ApiCall, read: (answer: JsonMap) => Result): Promise<Result>;
  call<Result>(
    call: ApiCall & { readonly absentIsAnswer: true },
    read: (answer: JsonMap) => Result,
  ): Promise<Result | undefined>;
  /** The same for an answer that is text. */
  readText(call: ApiCall): Promise<string>;
}

export interface ApiClientDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly transport: Transport;
  readonly credential: Credential;
  readonly gate: CallGate;
  readonly budget: RetryBudget;
  readonly userAgent: string;
  readonly onWarning: (warning: string) => void;
  readonly log: Log;
}

/** The answer does not hold what was asked for; reads are tried again. */
export function badAnswer(problem: string, status = 200): ClusterError {
  return new ClusterError({ code: "CLUSTER_BAD_ANSWER", message: problem, status, retryable: true });
}

export function createApiClient(deps: ApiClientDeps): ApiClient {
  const { clock, random, gate, budget, log } = deps;
  const firstAlone = createFirstAlone();
  const callFor = <Result>(call: ApiCall, read: (answer: TransportAnswer) => Result): Promise<Result | undefined> => {
    const { signal } = call;
    const attempt = async (): Promise<Result | undefined> => {
      const answer = await authenticated(call, deps);
      const result = interpret(call, answer, read);
      budget.succeeded();
      return result;
    };
    const retryable = (error: unknown): boolean | { afterMs: number } => {
      if (!(error instanceof ClusterError) || !error.retryable) return false;
      if (error.outcomeUnknown && call.isRepeatable !== true) return false;
      if (!gate.sparesBudget(error) && !budget.take()) return false;
      log.debug("call to the API server is tried again", { call: call.title, code: error.code, status: error.status });
      return error.retryAfterMs > 0 ? { afterMs: error.retryAfterMs } : true;
    };
    const isObjectRead = call.method === "GET" && call.absentIsAnswer === true;
    const work = call.isLong === true ? attempt : () => gate.run(attempt, { signal, isObjectRead });
    return firstAlone(() => retry(work, { clock, random, signal, retryable }), signal);
  };
  // The overloads of `call` only narrow what this function returns: `undefined` comes from absentIsAnswer alone.
  const call = <Result>(request: ApiCall, read: (answer: JsonMap) => Result): Promise<Result | undefined> =>
    callFor(request, (answer) => read(parseMap(answer)));
  return {
    call: call as ApiClient["call"],
    readText: async (request) => (await callFor(request, ({ text }) => text)) ?? "",
  };
}

async function authenticated(call: ApiCall, deps: ApiClientDeps): Promise<TransportAnswer> {
  const { credential, transport, userAgent, onWarning } = deps;
  const send = async (renew: boolean): Promise<TransportAnswer> =>
    transport.send({
      method: call.method,
      path: call.path,
      body: call.body,
      signal: call.signal,
      headers: {
        ...(await credential.headers({ renew, signal: call.signal })),
        accept: call.accept ?? "application/json",
        "user-agent": userAgent,
        ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
    });
  const first = await named(call, () => send(false));
  const answer = first.status === 401 && credential.isRenewable ? await named(call, () => send(true)) : first;
  // Warnings of reads are dropped, as kapp does (kapp.md §6.1).
  if (call.method !== "GET") for (const warning of parseWarnings(answer.headers["warning"])) onWarning(warning);
  return answer;
}

/** Adds what was attempted to errors that know only the connection. */
async function named<Result>(call: ApiCall, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ClusterError ? withTitle(call, error) : error;
  }
}

function withTitle(call: ApiCall, error: ClusterError): ClusterError {
  const isWrite = call.method !== "GET";
  return new ClusterError({
    code: error.code,
    message: `${call.title}: ${error.message}`,
    status: error.status,
    apiMessage: error.apiMessage,
    retryable: error.retryable,
    outcomeUnknown: error.outcomeUnknown || (isWrite && error.code === "CLUSTER_BAD_ANSWER"),
    cause: error,
  });
}

function interpret<Result>(
  call: ApiCall,
  answer: TransportAnswer,
  read: (answer: TransportAnswer) => Result,
): Result | undefined {
  const api: ApiAnswer = {
    status: answer.status,
    contentType: headerOf(answer, "content-type"),
    retryAfter: headerOf(answer, "retry-after") || undefined,
    text: answer.text,
  };
  if (call.absentIsAnswer === true && isNotFoundAnswer(api)) return undefined;
  if (answer.status >= 400) throw apiFailure(call, api);
  try {
    if (answer.status >= 300) throw redirected(answer);
    return read(answer);
  } catch (error) {
    throw error instanceof ClusterError ? withTitle(call, error) : error;
  }
}

function parseMap(answer: TransportAnswer): JsonMap {
  let value: unknown;
  try {
    value = parseJson(answer.text);
  } catch (error) {
    const start = headerOf(answer, "content-type").includes("json") ? "" : `: ${excerpt(answer.text)}`;
    throw new ClusterError({
      code: "CLUSTER_BAD_ANSWER",
      message: `the answer is not JSON${start}`,
      status: answer.status,
      retryable: true,
      cause: error,
    });
  }
  // parseJson gives Json; a map is all that an API server answers with.
  const json = value as JsonMap;
  if (!isMap(json)) throw badAnswer("the answer is JSON, but no object", answer.status);
  return json;
}

function redirected(answer: TransportAnswer): ClusterError {
  const location = headerOf(answer, "location");
  const target = URL.canParse(location) ? new URL(location).host : excerpt(location);
  return new ClusterError({
    code: "CLUSTER_BAD_ANSWER",
    status: answer.status,
    message: `the server redirects to ${target || "nowhere"} (status ${answer.status}); redirects are not followed, put the final address into the kubeconfig`,
  });
}

function headerOf(answer: TransportAnswer, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
}
