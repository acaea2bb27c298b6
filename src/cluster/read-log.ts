import type { ApiClient } from "./api-client.ts";
import { objectPath, queryText } from "./api-path.ts";
import type { ApiType, CallOptions, LogLine } from "./cluster.ts";

const pods: ApiType = {
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  namespaced: true,
  verbs: ["get"],
};
const maxBytes = 1024 * 1024;

/** A container's log by the Pod's `log` subresource; lines that the server cut in the middle keep what there is. */
export async function readLog(
  client: ApiClient,
  namespace: string,
  pod: string,
  container: string,
  { since, tailLines, signal }: CallOptions & { readonly since?: string; readonly tailLines?: number },
): Promise<readonly LogLine[]> {
  const query = queryText({
    container,
    timestamps: "true",
    limitBytes: String(maxBytes),
    sinceTime: since,
    tailLines: tailLines?.toString(),
  });
  const text = await client.readText({
    method: "GET",
    title: `Reading the log of pod/${pod} (v1) namespace: ${namespace}, container ${container}`,
    terse: `get log of pods ${pod}`,
    path: `${objectPath(pods, namespace, pod)}/log${query}`,
    accept: "*/*",
    isLong: true,
    signal,
  });
  return text.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    return space === -1 ? [] : [{ time: line.slice(0, space), text: line.slice(space + 1) }];
  });
}
