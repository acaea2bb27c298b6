import { Agent, fetch } from "undici";
import { parse } from "yaml";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly unknown[];
  };
  readonly [member: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

interface ResourceType {
  readonly groupVersion: string;
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What a test needs of a Kubernetes API, on purpose without any code under test. */
export interface KubeClient {
  readonly server: string;
  /** Server-side apply; a namespace is filled in where the object names none and its kind wants one. */
  apply(object: KubeObject, namespace: string): Promise<void>;
  /** `undefined` when there is none. */
  get(apiVersion: string, kind: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(apiVersion: string, kind: string, namespace: string, labelSelector?: string): Promise<readonly KubeObject[]>;
  /** Whatever the content type; a missing object is an error. `kind` may be lower case. */
  patch(
    target: { readonly apiVersion?: string; readonly kind: string; readonly namespace: string; readonly name: string },
    patch: { readonly contentType: string; readonly body: unknown; readonly subresource?: string },
  ): Promise<Answer>;
  /** A missing object is fine. */
  delete(target: {
    readonly apiVersion?: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  }): Promise<void>;
  /** Everything with one of the labels, in the given namespaces and among the cluster-scoped objects. */
  listLabelled(labels: readonly string[], namespaces: readonly string[]): Promise<readonly KubeObject[]>;
  close(): Promise<void>;
}

/** A client for the only cluster and the only user of a kubeconfig with a token. */
export function createKubeClient(kubeconfig: string): KubeClient {
  const { server, ca, token } = readKubeconfig(kubeconfig);
  const agent = new Agent({ connect: ca === undefined ? {} : { ca }, connections: 8 });
  const call = async (
    method: string,
    path: string,
    body?: { readonly type: string; readonly value: unknown },
  ): Promise<Answer> => {
    const response = await fetch(`${server}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": body.type }),
      },
      body: body === undefined ? null : JSON.stringify(body.value),
      dispatcher: agent,
    });
    return { status: response.status, text: await response.text() };
  };
  const ok = async (
    method: string,
    path: string,
    body?: { readonly type: string; readonly value: unknown },
  ): Promise<unknown> => {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as unknown;
  };
  const typesOf = async (groupVersion: string): Promise<readonly ResourceType[]> => {
    const path = groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`;
    const answer = await call("GET", path);
    if (answer.status === 404) return [];
    // An APIResourceList, by the protocol.
    const { resources } = JSON.parse(answer.text) as { resources: Omit<ResourceType, "groupVersion">[] };
    return resources.filter(({ name }) => !name.includes("/")).map((resource) => ({ ...resource, groupVersion }));
  };
  const groupVersions = async (): Promise<readonly string[]> => {
    // An APIGroupList, by the protocol.
    const { groups } = (await ok("GET", "/apis")) as { groups: { preferredVersion: { groupVersion: string } }[] };
    return ["v1", ...groups.map((group) => group.preferredVersion.groupVersion)];
  };
  const allTypes = async (): Promise<readonly ResourceType[]> =>
    (await Promise.all((await groupVersions()).map(typesOf))).flat();
  const known = new Map<string, ResourceType>();
  const typeOf = async (apiVersion: string | undefined, kind: string): Promise<ResourceType> => {
    const key = `${apiVersion ?? ""} ${kind.toLowerCase()}`;
    const type =
      known.get(key) ??
      (apiVersion === undefined ? await allTypes() : await typesOf(apiVersion)).find(
        (candidate) => candidate.kind.toLowerCase() === kind.toLowerCase(),
      );
    if (type === undefined) throw new Error(`${server} serves no ${apiVersion ?? ""} ${kind}`);
    known.set(key, type);
    return type;
  };
  const pathOf = (type: ResourceType, namespace: string, name: string): string => {
    const root = type.groupVersion === "v1" ? "/api/v1" : `/apis/${type.groupVersion}`;
    const scope = type.namespaced && namespace !== "" ? `/namespaces/${namespace}` : "";
    return `${root}${scope}/${type.name}${name === "" ? "" : `/${name}`}`;
  };
  const listType = async (type: ResourceType, namespace: string, selector: string): Promise<readonly KubeObject[]> => {
    const answer = await call("GET", `${pathOf(type, namespace, "")}?labelSelector=${encodeURIComponent(selector)}`);
    // A kind may go away between discovery and list.
    if (answer.status === 404) return [];
    const list = JSON.parse(answer.text) as { items?: KubeObject[] };
    return (list.items ?? []).map((item) => ({ ...item, apiVersion: type.groupVersion, kind: type.kind }));
  };
  return {
    server,
    apply: async (object, namespace) => {
      const type = await typeOf(object.apiVersion, object.kind ?? "");
      const where = object.metadata.namespace ?? namespace;
      await ok("PATCH", `${pathOf(type, where, object.metadata.name)}?fieldManager=kcg&force=true`, {
        type: "application/apply-patch+yaml",
        value: type.namespaced ? { ...object, metadata: { ...object.metadata, namespace: where } } : object,
      });
    },
    get: async (apiVersion, kind, namespace, name) => {
      const answer = await call("GET", pathOf(await typeOf(apiVersion, kind), namespace, name));
      if (answer.status === 404) return undefined;
      if (answer.status >= 300) throw new Error(`GET ${kind} ${namespace}/${name}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text) as KubeObject;
    },
    list: async (apiVersion, kind, namespace, labelSelector = "") =>
      listType(await typeOf(apiVersion, kind), namespace, labelSelector),
    patch: async ({ apiVersion, kind, namespace, name }, { contentType, body, subresource }) => {
      const path = pathOf(await typeOf(apiVersion, kind), namespace, name);
      return call("PATCH", subresource === undefined ? path : `${path}/${subresource}`, {
        type: contentType,
        value: body,
      });
    },
    delete: async ({ apiVersion, kind, namespace, name }) => {
      const path = pathOf(await typeOf(apiVersion, kind), namespace, name);
      const answer = await call("DELETE", path);
      if (answer.status >= 300 && answer.status !== 404)
        throw new Error(`DELETE ${path}: ${answer.status} ${answer.text}`);
    },
    listLabelled: async (labels, namespaces) => {
      const types = (await allTypes()).filter((type) => type.verbs.includes("list"));
      const lists = types.flatMap((type) =>
        (type.namespaced ? namespaces : [""]).flatMap((namespace) =>
          labels.map((label) => listType(type, namespace, label)),
        ),
      );
      const objects = (await Promise.all(lists)).flat();
      return [...new Map(objects.map((object) => [identityOf(object), object])).values()];
    },
    close: () => agent.close(),
  };
}

export function identityOf({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion, kind, metadata.namespace ?? "", metadata.name].join(" ");
}

export function readKubeconfig(kubeconfig: string): {
  readonly server: string;
  readonly ca?: string;
  readonly token: string;
} {
  // Written by the control plane or by this test: one cluster, one user.
  const config = parse(kubeconfig) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data"?: string } }];
    users: [{ user: { token: string } }];
  };
  const { cluster } = config.clusters[0];
  const ca = cluster["certificate-authority-data"];
  return {
    server: cluster.server,
    ...(ca === undefined ? {} : { ca: Buffer.from(ca, "base64").toString("utf8") }),
    token: config.users[0].user.token,
  };
}
