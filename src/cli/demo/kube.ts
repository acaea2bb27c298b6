import {
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  kindOf,
  nameOf,
  namespaceOf,
  own,
  parseJson,
  parseYamlStream,
  stringifyJson,
} from "../../resource/index.ts";
import { createHubClient, type HubClient } from "../hub-client.ts";
import type { HubAccess } from "../hub-access.ts";

/** The few things that a person does with kubectl in the demo, as the HTTP requests that kubectl would send. */
export interface Kube {
  /** `kubectl apply --server-side -f -` of each document. */
  apply(yaml: string): Promise<readonly KubeObject[]>;
  get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(kind: Kind, namespace: string): Promise<readonly KubeObject[]>;
  mergePatch(kind: Kind, namespace: string, name: string, patch: JsonMap): Promise<void>;
  delete(kind: Kind, namespace: string, name: string): Promise<void>;
  close(): Promise<void>;
}

export type Kind = keyof typeof paths;

const paths = {
  App: "/apis/kappctrl.k14s.io/v1alpha1/namespaces/NS/apps",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  ConfigMap: "/api/v1/namespaces/NS/configmaps",
  Namespace: "/api/v1/namespaces",
  Package: "/apis/data.packaging.carvel.dev/v1alpha1/namespaces/NS/packages",
  PackageInstall: "/apis/packaging.carvel.dev/v1alpha1/namespaces/NS/packageinstalls",
  PackageRepository: "/apis/packaging.carvel.dev/v1alpha1/namespaces/NS/packagerepositories",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings",
  Secret: "/api/v1/namespaces/NS/secrets",
  ServiceAccount: "/api/v1/namespaces/NS/serviceaccounts",
} as const;

export function createKube(access: HubAccess): Kube {
  const client = createHubClient(access);
  return {
    apply: async (yaml) => {
      const { documents } = parseYamlStream(yaml, { file: "stdin" });
      const applied: KubeObject[] = [];
      for (const { value } of documents) if (isMap(value)) applied.push(await applyOne(client, value));
      return applied;
    },
    get: async (kind, namespace, name) => {
      const response = await client.call("GET", pathOf(kind, namespace, name), { allow: 404 });
      const body = parseJson(await response.text());
      return response.status === 404 || !isMap(body) ? undefined : body;
    },
    list: async (kind, namespace) => {
      const items = own(parseJson(await (await client.call("GET", pathOf(kind, namespace, ""))).text()), "items");
      return Array.isArray(items) ? items.filter((item: Json) => isMap(item)) : [];
    },
    mergePatch: async (kind, namespace, name, patch) => {
      await client.call("PATCH", pathOf(kind, namespace, name), {
        body: stringifyJson(patch),
        contentType: "application/merge-patch+json",
      });
    },
    delete: async (kind, namespace, name) => {
      await client.call("DELETE", pathOf(kind, namespace, name));
    },
    close: () => client.close(),
  };
}

/** The text at a path of fields, `""` if there is none. */
export function textAt(object: KubeObject | undefined, ...path: readonly string[]): string {
  const value = path.reduce<Json | undefined>((inner, key) => own(inner, key), object);
  return typeof value === "string" ? value : "";
}

async function applyOne(client: HubClient, object: KubeObject): Promise<KubeObject> {
  const kind = kindOf(object);
  if (!isKind(kind)) throw new Error(`the demo applies no ${kind}`);
  const path = `${pathOf(kind, namespaceOf(object), nameOf(object))}?fieldManager=kubectl&force=true`;
  const response = await client.call("PATCH", path, {
    body: stringifyJson(object),
    contentType: "application/apply-patch+yaml",
  });
  await response.body?.cancel();
  return object;
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(paths, kind);
}

function pathOf(kind: Kind, namespace: string, name: string): string {
  const collection = paths[kind].replace("NS", encodeURIComponent(namespace));
  return name === "" ? collection : `${collection}/${encodeURIComponent(name)}`;
}
