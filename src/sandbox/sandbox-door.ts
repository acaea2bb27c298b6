import type { Clock } from "../base/index.ts";
import type { ObjectStore } from "../kubeapi/index.ts";

export interface SandboxOptions {
  /** Name of the cluster in the kubeconfig. Default `sandbox`. */
  readonly name?: string;
  /** TCP port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Milliseconds until workloads, Jobs, claims… are ready. Default 150. */
  readonly readyDelayMs?: number;
  /** Milliseconds until PackageRepositories, PackageInstalls and Apps reconcile. Default 250. */
  readonly reconcileDelayMs?: number;
  /** Default: a new store in memory. */
  readonly store?: ObjectStore;
}

/** One request that the sandbox answered. */
export interface SandboxRequest {
  readonly method: string;
  /** Path with the query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly userAgent: string;
}

export interface SandboxRequests {
  /** The newest 10,000, oldest first. */
  all(): readonly SandboxRequest[];
  /** How many there were since the last `clear`, by method; watches count when they start. */
  count(match?: (request: SandboxRequest) => boolean): number;
  clear(): void;
}

/** An embedded run cluster: a Kubernetes-style API with simulated controllers, over TLS (HTTP/2 or 1.1) on the loopback interface. */
export interface Sandbox {
  readonly name: string;
  /** `https://127.0.0.1:PORT`; the kubeconfig holds its certificate. */
  readonly server: string;
  /** Bearer token of a cluster administrator. */
  readonly token: string;
  /** Text of a kubeconfig with that token. */
  readonly kubeconfig: string;
  readonly store: ObjectStore;
  readonly requests: SandboxRequests;
  /** The API without the socket; needs the token as well. */
  handle(request: Request): Promise<Response>;
  /** Ends watches, simulated controllers and the server. */
  stop(): Promise<void>;
}
