import { stringifyYaml } from "../resource/index.ts";

export interface KubeconfigOptions {
  /** URL of the API, with its base path. */
  readonly server: string;
  readonly token: string;
  /** PEM of the authority that signed the server's certificate. Default: the system's. */
  readonly ca?: string;
  /** Name of cluster, user and context. Default `lateen`. */
  readonly name?: string;
  readonly namespace?: string;
}

/** Text of a kubeconfig that reaches the hub with a token. It is a secret: write it readable by its owner only. */
export function kubeconfigFor({ server, token, ca, name = "lateen", namespace }: KubeconfigOptions): string {
  const cluster = {
    server,
    ...(ca !== undefined && { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
  };
  return stringifyYaml(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name, cluster }],
      contexts: [{ name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } }],
      users: [{ name, user: { token } }],
    },
    { keyOrder: "given", width: "unlimited" },
  );
}
