import type { KubeObject } from "../../src/resource/index.ts";

/** An App whose resources stand in it, for `lateen deploy --kubeconfig`. It may end up with no resources at all. */
export function inlineApp(namespace: string, name: string, yaml: string): KubeObject {
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name, namespace },
    spec: {
      serviceAccountName: "unused",
      fetch: [{ inline: { paths: { "config.yml": yaml } } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: { rawOptions: ["--dangerous-allow-empty-list-of-resources=true"] } }],
    },
  };
}
