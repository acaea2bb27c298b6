/** A watch on the real API server that tells when ConfigMaps have taken a value. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { parse } from "yaml";
import type { ControlPlane } from "../../test/kube/control-plane.ts";

const patienceMs = 60_000;

export interface ValueWatch {
  /** Resolves to the time (`performance.now()`) at which the last of `count` ConfigMaps was seen with `data.value` = `value`. @throws Error after a minute. */
  until(value: string, count: number): Promise<number>;
  close(): void;
}

export async function watchValues(plane: ControlPlane, namespace: string): Promise<ValueWatch> {
  const seen = new Map<string, Map<string, number>>();
  let notify: () => void = () => undefined;
  const answer = await open(plane, `/api/v1/namespaces/${namespace}/configmaps?watch=1`);
  createInterface({ input: answer }).on("line", (line) => {
    // What the API server sends on a watch of ConfigMaps.
    const { object } = JSON.parse(line) as { object: { metadata?: { name?: string }; data?: { value?: string } } };
    const value = object.data?.value;
    const name = object.metadata?.name;
    if (value === undefined || name === undefined) return;
    const names = seen.get(value) ?? new Map<string, number>();
    seen.set(value, names);
    if (!names.has(name)) names.set(name, performance.now());
    notify();
  });
  return {
    until: (value, count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(
              new Error(
                `${seen.get(value)?.size ?? 0} of ${count} ConfigMaps have the value ${value} after ${patienceMs} ms`,
              ),
            ),
          patienceMs,
        );
        notify = () => {
          const names = seen.get(value);
          if (names === undefined || names.size < count) return;
          clearTimeout(timer);
          notify = () => undefined;
          resolve(Math.max(...names.values()));
        };
        notify();
      }),
    close: () => answer.destroy(),
  };
}

function open(plane: ControlPlane, path: string): Promise<IncomingMessage> {
  // Only the authority's certificate is read here.
  const config = parse(plane.kubeconfig) as { clusters: [{ cluster: { "certificate-authority-data": string } }] };
  const ca = Buffer.from(config.clusters[0].cluster["certificate-authority-data"], "base64");
  return new Promise((resolve, reject) => {
    request(`${plane.server}${path}`, { ca, headers: { authorization: `Bearer ${plane.token}` } })
      .on("response", (answer) => {
        if (answer.statusCode === 200) resolve(answer);
        else reject(new Error(`${path}: status ${answer.statusCode}`));
      })
      .on("error", reject)
      .end();
  });
}
