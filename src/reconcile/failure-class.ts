import { DeployError, type DeployFailure, isApiFailure } from "../deploy/index.ts";
import { GitError, type GitFailureCode } from "../git/index.ts";
import type { StageFailure } from "./stage-failure.ts";

/** Classes of failed runs, for whoever looks first: whose turn is it? */
export const failureClasses = [
  /** What somebody wrote is wrong or missing: the App, its files, a ref, a template, an object. */
  "input",
  /** Credentials are missing, refused or may not do this. */
  "denied",
  /** No answer: name, connection, TLS, 5xx. */
  "unreachable",
  /** The server asks to come back later. */
  "throttled",
  /** An answer that cannot be used or believed. */
  "malformed",
  /** Somebody else owns or changed the object. */
  "conflict",
  /** Applied, and not ready. */
  "unready",
  /** Runs that never came to an end. */
  "killed",
] as const;

export type FailureClass = (typeof failureClasses)[number];

/** The class of a failed stage, by what caused it; without a known cause somebody's input is at fault. */
export function failureClassOf({ cause }: StageFailure): FailureClass {
  if (cause instanceof GitError) {
    const { failure } = cause;
    return failure.code === "GIT_HTTP" ? ofStatus(failure.status) : gitClasses[failure.code];
  }
  if (cause instanceof DeployError) return ofDeployFailure(cause.failure);
  if (!isApiFailure(cause)) return "input";
  if (cause.status !== 0) return ofStatus(cause.status);
  return "code" in cause ? (clusterClasses.get(cause.code) ?? "input") : "unreachable";
}

function ofStatus(status: number): FailureClass {
  if (status === 0 || status >= 500) return "unreachable";
  if (status === 401 || status === 403) return "denied";
  if (status === 429) return "throttled";
  return status === 409 ? "conflict" : "input";
}

const gitClasses: Readonly<Record<Exclude<GitFailureCode, "GIT_HTTP">, FailureClass>> = {
  GIT_URL: "input",
  GIT_ADDRESS: "denied",
  GIT_UNREACHABLE: "unreachable",
  GIT_TLS: "unreachable",
  GIT_AUTH: "denied",
  GIT_NOT_FOUND: "input",
  GIT_BUSY: "throttled",
  GIT_REDIRECT: "input",
  GIT_PROTOCOL: "malformed",
  GIT_REMOTE: "malformed",
  GIT_LIMIT: "input",
  GIT_PACK: "malformed",
  GIT_OBJECT: "malformed",
  GIT_MISSING_OBJECT: "malformed",
  GIT_REF: "input",
  GIT_NOT_OUR_REF: "input",
  GIT_PATH: "input",
  GIT_SUBPATH: "input",
  GIT_UNSUPPORTED: "input",
};

/** Codes of src/cluster for failures without an answer of the API server. */
const clusterClasses: ReadonlyMap<unknown, FailureClass> = new Map<unknown, FailureClass>([
  ["CLUSTER_SERVER_REFUSED", "denied"],
  ["CLUSTER_LOGIN", "denied"],
  ["CLUSTER_UNREACHABLE", "unreachable"],
  ["CLUSTER_TLS", "unreachable"],
  ["CLUSTER_NO_ANSWER", "unreachable"],
  ["CLUSTER_BAD_ANSWER", "malformed"],
]);

function ofDeployFailure(failure: DeployFailure): FailureClass {
  switch (failure.code) {
    case "DEPLOY_API":
    case "DEPLOY_CALL":
      return ofStatus(failure.status);
    case "DEPLOY_APPLY_TIMEOUT":
      return ofDeployFailure(failure.last);
    case "DEPLOY_WAIT_ERROR":
      return ofDeployFailure(failure.cause);
    case "DEPLOY_SEVERAL": {
      const [first] = failure.failures;
      return first === undefined ? "input" : ofDeployFailure(first);
    }
    case "DEPLOY_LIST_INCOMPLETE":
      return "unreachable";
    case "DEPLOY_OWNERSHIP":
    case "DEPLOY_CONFLICT":
    case "DEPLOY_FENCED":
      return "conflict";
    case "DEPLOY_WAIT_FAILED":
    case "DEPLOY_WAIT_TIMEOUT":
    case "DEPLOY_BLOCKED":
    case "DEPLOY_NOT_GONE":
      return "unready";
    default:
      return "input";
  }
}
