import { isList, isMap, type Json, own, parseJson } from "../resource/index.ts";
import { ClusterError, type StatusCause } from "./cluster-error.ts";
import { textOf } from "./text-of.ts";

/** The call that failed, for the error text. */
export interface CallSubject {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `Creating resource configmap/a (v1) namespace: b`. */
  readonly title: string;
  /** client-go's words for the call in texts it makes up itself: `post configmaps`, `get deployments.apps web`. */
  readonly terse: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const minRetryAfterMs = 1000;
const maxRetryAfterMs = 60_000;

/** The ClusterError for an answer with status ≥ 400. Text by kapp.md §6.1; without a Status body, client-go's generic words. */
export function apiFailure(subject: CallSubject, answer: ApiAnswer): ClusterError {
  const status = parseStatus(answer);
  const { reason, message } = status ?? genericStatus(subject, answer);
  return new ClusterError({
    code: "CLUSTER_API",
    message: `${subject.title}: API server says: ${message} (reason: ${reason})${hintFor(message)}`,
    status: answer.status,
    reason,
    apiMessage: message,
    causes: status?.causes ?? [],
    retryAfterMs: retryAfterMs(answer.retryAfter, status?.retryAfterSeconds),
    ...verdict(subject.method, answer.status, status !== undefined, message),
  });
}

/** Whether an answer of 404 speaks of the object or type: anything else (a proxy's page) says nothing about what exists. */
export function isNotFoundAnswer(answer: ApiAnswer): boolean {
  if (answer.status !== 404) return false;
  return parseStatus(answer)?.reason === "NotFound" || answer.text.trim() === "404 page not found";
}

/** `Retry-After` in seconds or as a date, kept within 1 to 60 s; 0 without one. */
function retryAfterMs(header: string | undefined, seconds: number | undefined): number {
  const asked = header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : seconds;
  if (asked === undefined) return header === undefined ? 0 : minRetryAfterMs;
  return Math.min(maxRetryAfterMs, Math.max(minRetryAfterMs, asked * 1000));
}

/**
 * What may be tried again, and what a write may have done. 429 and a Status of 503 are given before the request is worked on; a 500, 502,
 * 504 or another machine's 503 can follow a write that went through (reliability.md F41, F42).
 */
function verdict(
  method: CallSubject["method"],
  status: number,
  isStatusBody: boolean,
  message: string,
): { retryable: boolean; outcomeUnknown: boolean } {
  if (status === 429 || (status === 503 && isStatusBody)) return { retryable: true, outcomeUnknown: false };
  if (status === 409)
    return { retryable: message.includes("Operation cannot be fulfilled on resourcequota"), outcomeUnknown: false };
  if (status < 500) return { retryable: false, outcomeUnknown: false };
  if (isWebhookFailure(message)) return { retryable: true, outcomeUnknown: false };
  return { retryable: true, outcomeUnknown: method !== "GET" };
}

/** The API server could not ask an admission or conversion webhook: nothing was stored (kapp.md §6.1). */
function isWebhookFailure(message: string): boolean {
  return /Internal error occurred: failed calling (?:admission )?webhook|conversion webhook for .+ failed:/.test(
    message,
  );
}

function hintFor(message: string): string {
  if (message.includes("the server does not allow this method on the requested resource")) {
    return " (hint: resource is possibly not namespaced but must be)";
  }
  return message.includes("the server could not find the requested resource")
    ? " (hint: resource is possibly namespaced but cannot be)"
    : "";
}

interface ParsedStatus {
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds: number | undefined;
}

function parseStatus(answer: ApiAnswer): ParsedStatus | undefined {
  if (!answer.contentType.includes("json")) return undefined;
  const body = tryParse(answer.text);
  if (own(body, "kind") !== "Status" || own(body, "apiVersion") !== "v1") return undefined;
  const details = own(body, "details");
  const causes = own(details, "causes");
  const seconds = own(details, "retryAfterSeconds");
  return {
    reason: textOf(own(body, "reason")),
    message: textOf(own(body, "message")),
    causes: isList(causes) ? causes.filter(isMap).map(toCause) : [],
    retryAfterSeconds: typeof seconds === "number" ? seconds : undefined,
  };
}

function toCause(cause: Json): StatusCause {
  return {
    field: textOf(own(cause, "field")),
    message: textOf(own(cause, "message")),
    reason: textOf(own(cause, "reason")),
  };
}

/** The reason and message that client-go makes up for an answer which is no Status: users know these texts from kubectl and kapp. */
function genericStatus(subject: CallSubject, answer: ApiAnswer): { reason: string; message: string } {
  const [reason, message] = genericWords(subject.method, answer);
  return { reason, message: `${message} (${subject.terse})` };
}

function genericWords(method: CallSubject["method"], answer: ApiAnswer): readonly [reason: string, message: string] {
  switch (answer.status) {
    case 400:
      return ["BadRequest", "the server rejected our request for an unknown reason"];
    case 401:
      return ["Unauthorized", "the server has asked for the client to provide credentials"];
    case 403:
      return ["Forbidden", excerpt(answer.text) || "the server does not allow access to the requested resource"];
    case 404:
      return [
        // Another machine's page says nothing about what exists: it must not be taken for an answer.
        isNotFoundAnswer(answer) ? "NotFound" : "Unknown",
        "the server could not find the requested resource",
      ];
    case 405:
      return ["MethodNotAllowed", "the server does not allow this method on the requested resource"];
    case 409:
      return [method === "POST" ? "AlreadyExists" : "Conflict", "the server reported a conflict"];
    case 413:
      return ["RequestEntityTooLarge", "the request is too large for the server"];
    case 415:
      return ["UnsupportedMediaType", "the body of the request was in an unknown format"];
    case 422:
      return ["Invalid", "the server rejected our request due to an error in our request"];
    case 429:
      return ["TooManyRequests", "the server has received too many requests and has asked us to try again later"];
    case 503:
      return ["ServiceUnavailable", "the server is currently unable to handle the request"];
    case 504:
      return [
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be processing the request",
      ];
    default:
      return answer.status >= 500
        ? [
            "InternalError",
            `an error on the server (${JSON.stringify(excerpt(answer.text))}) has prevented the request from succeeding`,
          ]
        : ["", `the server responded with the status code ${answer.status} but did not return more information`];
  }
}

/** A short piece of a foreign answer on one line; control characters would reach terminals and logs. */
export function excerpt(body: string): string {
  return body
    .slice(0, 200)
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

function tryParse(body: string): Json | undefined {
  try {
    return parseJson(body);
  } catch {
    return undefined; // Not JSON after all: the caller falls back to the status code.
  }
}
