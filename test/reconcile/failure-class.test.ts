/** Failed runs are counted by what caused them, and say what to do about it. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { KubeObject } from "../../src/resource/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { conditionOf, configMap, gitApp, secret, startWorld, textAt, type World } from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";
/** The discard port: nothing listens there. */
const nowhere = "127.0.0.1:9";

interface Row {
  readonly app: string;
  readonly stage: "fetch" | "template" | "deploy";
  readonly class: string;
  readonly spec?: (world: World) => KubeObject;
  readonly says?: RegExp;
}

const rows: readonly Row[] = [
  { app: "ref", stage: "fetch", class: "input", spec: ({ repository }) => fetching(repository.url, "origin/absent") },
  { app: "git-gone", stage: "fetch", class: "unreachable", spec: () => fetching(`http://${nowhere}/shop.git`) },
  { app: "git-busy", stage: "fetch", class: "throttled", spec: () => fetching(`${busyUrl()}/shop.git`) },
  { app: "git-login", stage: "fetch", class: "denied", spec: () => fetching(`${loginUrl()}/shop.git`) },
  { app: "git-odd", stage: "fetch", class: "malformed", spec: () => fetching(`${oddUrl()}/shop.git`) },
  { app: "template", stage: "template", class: "input" },
  { app: "object", stage: "deploy", class: "input" },
  { app: "cluster-gone", stage: "deploy", class: "unreachable", spec: () => onCluster("gone") },
  {
    app: "cluster-login",
    stage: "deploy",
    class: "denied",
    spec: () => onCluster("login"),
    says: /hint: the API server does not take the credentials in Secret 'ns1\/login'/,
  },
  { app: "owned", stage: "deploy", class: "conflict" },
];

const statusOf: Readonly<Record<string, number>> = { busy: 429, login: 401, odd: 200 };
const servers = new Map<string, string>();
const busyUrl = (): string => servers.get("busy") ?? "";
const loginUrl = (): string => servers.get("login") ?? "";
const oddUrl = (): string => servers.get("odd") ?? "";

describe("the class of a failed run", { skip }, () => {
  let world: World;
  const closing: (() => Promise<unknown>)[] = [];
  before(async () => {
    for (const [name, status] of Object.entries(statusOf)) servers.set(name, await answering(status));
    world = await startWorld();
    const { kubeconfig, server, token } = world.sandbox;
    await world.apply(secret("gone", { value: kubeconfig.replaceAll(server, `https://${nowhere}`) }));
    await world.apply(secret("login", { value: kubeconfig.replaceAll(token, "somebody-elses-token") }));
    const kept = { "kapp.k14s.io/app": "1700000000000000000", "kapp.k14s.io/association": "v1.0" };
    const { types } = await world.cluster.discover();
    const type = types.find(({ kind }) => kind === "ConfigMap");
    assert.ok(type !== undefined);
    await world.cluster.create(type, "ns1", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "owned", namespace: "ns1", labels: kept },
    });
    await world.repository.commitFiles({
      ...Object.fromEntries(rows.map(({ app }) => [`${app}/a.yml`, configMap(app, {})])),
      "template/bad.yml": "#@ fail()\n",
      "object/bad.yml": "kind: ConfigMap\n",
    });
    for (const { app, spec } of rows) await world.apply(gitApp(app, world.repository, app, spec?.(world) ?? {}));
  });
  after(async () => {
    await world.stop();
    for (const close of closing) await close();
  });

  for (const { app, stage, class: expected, says } of rows) {
    it(`${app}: ${stage}, ${expected}`, async () => {
      const status = await world.until(app, (now) => conditionOf(now) === "ReconcileFailed");
      if (says !== undefined) assert.match(textAt(status, "usefulErrorMessage"), says);
      const shown = await (await fetch(`${world.lateen.url}/metrics`)).text();
      assert.match(shown, new RegExp(`lateen_run_failures_total\\{stage="${stage}",class="${expected}"\\} [1-9]`));
    });
  }

  /** A server that answers everything with one status. */
  async function answering(status: number): Promise<string> {
    const server = createServer((_request, response) => {
      response.writeHead(status, { "content-type": "text/plain", "retry-after": "1" }).end("no");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(
      () =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    );
    // It listens on TCP.
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
});

function fetching(url: string, ref = "origin/main"): KubeObject {
  return { fetch: [{ git: { url, ref } }] };
}

function onCluster(name: string): KubeObject {
  return { cluster: { namespace: "ns1", kubeconfigSecretRef: { name } } };
}
