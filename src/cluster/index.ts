export type {
  ApiType,
  CallOptions,
  Cluster,
  DeletePreconditions,
  Discovery,
  ListOptions,
  PatchBody,
  ServerVersion,
  ServiceAccountToken,
} from "./cluster.ts";
export type { ClientCertificate, ClusterAccess, Impersonation } from "./cluster-access.ts";
export { ClusterError, type ClusterErrorCode, isClusterError, type StatusCause } from "./cluster-error.ts";
export { connectCluster, type ConnectOptions } from "./connect-cluster.ts";
export { createForwarder, type Forwarder } from "./forward-request.ts";
export { parseKubeconfig } from "./kubeconfig.ts";
export type { KubeconfigPolicy } from "./kubeconfig-policy.ts";
