import type { KubeObject } from "../../src/resource/index.ts";

/** An App that deploys a folder of a repository's main branch into its own namespace, and the Secret `cluster` that holds its kubeconfig. */
export function gitApp(app: {
  readonly namespace: string;
  readonly name: string;
  readonly repository: string;
  readonly subPath: string;
  readonly kubeconfig: string;
}): readonly [secret: KubeObject, app: KubeObject] {
  const { namespace, name, repository, subPath, kubeconfig } = app;
  return [
    { apiVersion: "v1", kind: "Secret", metadata: { name: "cluster", namespace }, stringData: { value: kubeconfig } },
    {
      apiVersion: "kappctrl.k14s.io/v1alpha1",
      kind: "App",
      metadata: { name, namespace },
      spec: {
        cluster: { namespace, kubeconfigSecretRef: { name: "cluster" } },
        fetch: [{ git: { url: repository, ref: "origin/main", subPath } }],
        template: [{ ytt: {} }],
        deploy: [{ kapp: {} }],
      },
    },
  ];
}
