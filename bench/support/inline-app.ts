import type { KubeObject } from "../../src/resource/index.ts";

/** An App whose resources stand in it in one file. Without a Secret's name it is for `lateen deploy --kubeconfig`. */
export function inlineApp(
  app: { readonly namespace: string; readonly name: string },
  yaml: string,
  options: { readonly kubeconfigSecret?: string; readonly rawOptions?: readonly string[] } = {},
): KubeObject {
  const { kubeconfigSecret, rawOptions = [] } = options;
  return {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: app.name, namespace: app.namespace },
    spec: {
      ...(kubeconfigSecret === undefined
        ? { serviceAccountName: "unused" }
        : { cluster: { namespace: app.namespace, kubeconfigSecretRef: { name: kubeconfigSecret } } }),
      fetch: [{ inline: { paths: { "config.yml": yaml } } }],
      template: [{ ytt: {} }],
      deploy: [{ kapp: { rawOptions: [...rawOptions] } }],
    },
  };
}
