import { stringifyYaml } from "../resource/index.ts";
import type { HubAccess } from "./hub-access.ts";

/** A kubeconfig for the hub, as YAML. */
export function formatKubeconfig(endpoint: Omit<HubAccess, "token">, token: string, namespace: string): string {
  const authority =
    endpoint.ca === undefined ? {} : { "certificate-authority-data": Buffer.from(endpoint.ca).toString("base64") };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lateen", cluster: { server: endpoint.url, ...authority } }],
    users: [{ name: "lateen", user: { token } }],
    contexts: [{ name: "lateen", context: { cluster: "lateen", user: "lateen", namespace } }],
    "current-context": "lateen",
  };
  return stringifyYaml(kubeconfig, { keyOrder: "given", width: "unlimited" });
}
