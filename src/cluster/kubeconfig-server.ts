import { ClusterError } from "./cluster-error.ts";
import type { KubeconfigPolicy } from "./kubeconfig-policy.ts";

/**
 * Checks `clusters[].cluster.server` and returns it without a slash at the end. Plain http is for this machine only, unless allowed;
 * user info, query and fragment have no place in it (reliability.md B86).
 */
export function readServer(text: string, field: string, policy: KubeconfigPolicy): string {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server === undefined || (server.protocol !== "https:" && server.protocol !== "http:") || server.hostname === "") {
    throw refused(field, "is not an https:// address");
  }
  const shown = `${server.protocol}//${server.host}`;
  if (server.username !== "" || server.password !== "") throw refused(field, `(${shown}) has user info in its address`);
  if (server.search !== "" || server.hash !== "") throw refused(field, `(${shown}) has a query or fragment`);
  if (server.protocol === "http:" && policy.allowHttp !== true && !isLoopback(server.hostname)) {
    throw refused(field, `(${shown}) is not encrypted; use https`);
  }
  const verdict = policy.allowServer?.(server) ?? true;
  if (verdict !== true) throw refused(field, `(${shown}) is not allowed: ${verdict}`);
  return `${shown}${server.pathname.replace(/\/+$/, "")}`;
}

/** Whether a URL's host names this machine. The URL parser has already turned `127.1`, `0x7f.1` and the like into dotted form. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function refused(field: string, problem: string): ClusterError {
  return new ClusterError({ code: "CLUSTER_SERVER_REFUSED", field, message: `kubeconfig: ${field} ${problem}` });
}
