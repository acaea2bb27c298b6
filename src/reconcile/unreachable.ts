import { type ApiFailure, isApiFailure } from "../deploy/index.ts";

/** A failure to reach the cluster's API server at all, as opposed to one that it answers with. */
export function isUnreachable(error: unknown): error is ApiFailure {
  if (!isApiFailure(error)) return false;
  if (error.status >= 500) return true;
  return error.status === 0 && "code" in error && noAnswer.has(error.code);
}

/** Codes of src/cluster for a server that cannot be talked to. */
const noAnswer: ReadonlySet<unknown> = new Set(["CLUSTER_UNREACHABLE", "CLUSTER_TLS", "CLUSTER_NO_ANSWER"]);
