export { type CallGate, type CallGateOptions, createCallGate } from "./call-gate.ts";
export type {
  ApiType,
  CallOptions,
  Cluster,
  DeletePreconditions,
  Discovery,
  ListOptions,
  LogLine,
  PatchBody,
  ServerVersion,
} from "./cluster.ts";
export type { LoginOptions } from "./access-credential.ts";
export type { ClientCertificate, ClusterAccess, EksLogin, Impersonation } from "./cluster-access.ts";
export { ClusterError, type ClusterErrorCode, isClusterError, type StatusCause } from "./cluster-error.ts";
export { connectCluster, type ConnectOptions } from "./connect-cluster.ts";
export { type AwsCredentialsFor, roleSessionName } from "./eks-credential.ts";
export { type EksTokenRequest, mintEksToken } from "./eks-token.ts";
export type { BearerToken } from "./token-credential.ts";
export { createForwarder, type Forwarder } from "./forward-request.ts";
export { parseKubeconfig } from "./kubeconfig.ts";
export type { KubeconfigPolicy } from "./kubeconfig-policy.ts";
