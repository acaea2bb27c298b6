import type { SandboxRequest, SandboxRequests } from "./sandbox-door.ts";

/** Requests kept; older ones are only forgotten, not uncounted by `count` of the kept ones. */
const maxKept = 10_000;

export function createRequestLog(): SandboxRequests & { add(request: Request, response: Response): void } {
  let kept: SandboxRequest[] = [];
  return {
    all: () => kept,
    count: (match) => (match === undefined ? kept.length : kept.filter(match).length),
    clear: () => {
      kept = [];
    },
    add: (request, response) => {
      const url = new URL(request.url);
      kept.push({
        method: request.method,
        path: url.pathname + url.search,
        status: response.status,
        contentType: request.headers.get("content-type") ?? "",
        userAgent: request.headers.get("user-agent") ?? "",
      });
      if (kept.length > 2 * maxKept) kept = kept.slice(-maxKept);
    },
  };
}
