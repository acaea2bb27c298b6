import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { createApiCaller } from "./api-caller.ts";
import { controlPlaneBinaries } from "./binaries.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";
import { createProcessGroup, type ProcessGroup } from "./process-group.ts";

/** A Kubernetes cluster for tests, with the rights of an administrator. */
export interface ControlPlane {
  /** Admin kubeconfig as YAML text; the CA is inside. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** The admin's bearer token; empty where LATEEN_TEST_KUBECONFIG uses another credential. */
  readonly token: string;
  /**
   * A file with what every container says it has written, as container runtimes store it: `TIME stdout F TEXT`, by RFC 3339 time. Absent for a cluster that
   * LATEEN_TEST_KUBECONFIG names.
   */
  readonly containerLog?: string;
  /** Runs kubectl and resolves to its stdout. Another `kubeconfig` text aims it at another server. Rejects with stderr on a non-zero exit. */
  readonly kubectl: Kubectl;
  /** Kills the servers and removes their data; nothing happens to a cluster that LATEEN_TEST_KUBECONFIG names. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Data folder (empty, existing) that stays after `stop`, with the servers' logs. Default: a temporary one that is removed. */
  readonly dir?: string;
}

const startTimeoutMs = 60_000;

/**
 * Starts etcd, kube-apiserver (static token, RBAC, TokenRequest), kube-controller-manager, kube-scheduler and kwok with two nodes on
 * 127.0.0.1, and resolves once a Pod could be scheduled. Rules of the simulated kubelet: stages.yaml. The environment variable
 * LATEEN_TEST_KUBECONFIG (a file) uses that cluster instead. The servers die with this process.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const other = process.env["LATEEN_TEST_KUBECONFIG"];
  if (other !== undefined && other !== "") return existingCluster(readFileSync(other, "utf8"));
  const bin = await controlPlaneBinaries();
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "lateen-kube-"));
  const group = createProcessGroup(dir, { keep: options.dir !== undefined });
  try {
    return await startServers(bin, dir, group);
  } catch (error) {
    await group.stop();
    throw error;
  }
}

async function startServers(bin: string, dir: string, group: ProcessGroup): Promise<ControlPlane> {
  const file = (name: string): string => join(dir, name);
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  const token = randomBytes(24).toString("hex");
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(file("service-account.key"), privateKey, { mode: 0o600 });
  writeFileSync(file("tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });

  const etcd = `unix://${file("etcd.sock")}`;
  group.start("etcd", join(bin, "etcd"), [
    `--data-dir=${file("etcd")}`,
    `--listen-client-urls=${etcd}`,
    // Never used, but it must look like an address.
    "--advertise-client-urls=http://127.0.0.1:2379",
    `--listen-peer-urls=unix://${file("peer.sock")}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ]);
  group.start("kube-apiserver", join(bin, "kube-apiserver"), [
    `--etcd-servers=${etcd}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // The Service "kubernetes" may not point at a loopback address, and nobody in these tests uses it.
    "--endpoint-reconciler-type=none",
    "--kubelet-preferred-address-types=InternalIP",
    `--secure-port=${port}`,
    `--cert-dir=${file("certs")}`,
    `--token-auth-file=${file("tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("service-account.key")}`,
    `--service-account-signing-key-file=${file("service-account.key")}`,
    "--allow-privileged=true",
    "--profiling=false",
  ]);
  const ca = await certificateAuthority(file("certs/apiserver.crt"), group);
  const call = createApiCaller(server, token, ca);
  await until(group, async () => (await call("GET", "/readyz")).status === 200);
  const kubeconfig = adminKubeconfig(server, ca, token);
  writeFileSync(file("kubeconfig"), kubeconfig, { mode: 0o600 });
  writeFileSync(file("ca.crt"), ca);

  group.start("kube-controller-manager", join(bin, "kube-controller-manager"), [
    `--kubeconfig=${file("kubeconfig")}`,
    `--service-account-private-key-file=${file("service-account.key")}`,
    `--root-ca-file=${file("ca.crt")}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=1000",
    "--kube-api-burst=1000",
    "--profiling=false",
  ]);
  group.start("kube-scheduler", join(bin, "kube-scheduler"), [
    `--kubeconfig=${file("kubeconfig")}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=1000",
    "--kube-api-burst=1000",
    "--profiling=false",
  ]);
  const containerLog = file("container.log");
  writeFileSync(containerLog, "");
  writeFileSync(file("logs.yaml"), logsConfig(containerLog));
  const kubeletPort = await freePort();
  group.start("kwok", join(bin, "kwok"), [
    `--kubeconfig=${file("kubeconfig")}`,
    `--config=${fileURLToPath(new URL("stages.yaml", import.meta.url))}`,
    `--config=${file("logs.yaml")}`,
    `--server-address=127.0.0.1:${kubeletPort}`,
    `--node-port=${kubeletPort}`,
    `--tls-cert-file=${file("certs/apiserver.crt")}`,
    `--tls-private-key-file=${file("certs/apiserver.key")}`,
    "--manage-all-nodes=true",
    "--node-ip=127.0.0.1",
    "--cidr=10.0.0.0/16",
    "--node-lease-duration-seconds=40",
  ]);
  for (const name of ["node-1", "node-2"]) {
    await call("POST", "/api/v1/nodes", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name } },
    });
  }
  await until(group, async () => {
    const { status } = await call("GET", "/api/v1/namespaces/default/serviceaccounts/default");
    const nodes = (await call("GET", "/api/v1/nodes")).body as { items: { spec: { taints?: unknown[] } }[] };
    return status === 200 && nodes.items.every((node) => (node.spec.taints ?? []).length === 0);
  });
  return {
    kubeconfig,
    server,
    token,
    containerLog,
    kubectl: createKubectl(join(bin, "kubectl"), dir, kubeconfig),
    stop: () => group.stop(),
  };
}

/** Any container's log is this file. */
function logsConfig(logsFile: string): string {
  return JSON.stringify({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "all" },
    spec: { logs: [{ logsFile }] },
  });
}

async function existingCluster(kubeconfig: string): Promise<ControlPlane> {
  // Only the two plain fields are read here; whatever else the file holds is for kubectl and for the code under test.
  const config = parse(kubeconfig) as {
    clusters?: { cluster?: { server?: string } }[];
    users?: { user?: { token?: string } }[];
  };
  const dir = mkdtempSync(join(tmpdir(), "lateen-kube-"));
  const group = createProcessGroup(dir, { keep: false });
  // The kubectl of the same version as the control plane where it can be had, else whichever the machine has.
  const kubectl = isOnPath("go") ? join(await controlPlaneBinaries(), "kubectl") : "kubectl";
  return {
    kubeconfig,
    server: config.clusters?.[0]?.cluster?.server ?? "",
    token: config.users?.[0]?.user?.token ?? "",
    kubectl: createKubectl(kubectl, dir, kubeconfig),
    stop: () => group.stop(),
  };
}

/** The API server signs its own certificate and appends the authority that it made for it. */
async function certificateAuthority(path: string, group: ProcessGroup): Promise<string> {
  const certificates = (): string[] =>
    existsSync(path)
      ? (readFileSync(path, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [])
      : [];
  await until(group, () => certificates().length === 2);
  return certificates().at(-1) ?? "";
}

function adminKubeconfig(server: string, ca: string, token: string): string {
  return `apiVersion: v1
kind: Config
current-context: admin
clusters:
  - name: test
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(ca).toString("base64")}
contexts:
  - name: admin
    context: { cluster: test, user: admin }
users:
  - name: admin
    user: { token: ${token} }
`;
}

async function until(group: ProcessGroup, isDone: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await isDone())) {
    group.check();
    if (Date.now() > deadline) throw new Error(`the control plane is not up after ${startTimeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port that was free a moment ago; the API server cannot choose one itself. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      // A listening TCP server has an AddressInfo; only pipes have a string.
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export function isOnPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}
