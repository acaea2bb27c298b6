import type { KubeApi } from "../kubeapi/index.ts";
import { type Json, type KubeObject, own, parseJson, stringifyJson, uidOf } from "../resource/index.ts";
import { appType, configMapType } from "./hub-types.ts";
import { reconcileCaller } from "./callers.ts";
import type { Hub, HubApps } from "./hub-door.ts";
import { HubError } from "./hub-error.ts";

/** Tries of a write that meets other writers. */
const maxTries = 10;

/** Apps for reconciliation: reads are direct, writes go through the API, so that they obey the same rules as everybody's. */
export function createHubApps(api: KubeApi): HubApps {
  const base = `http://hub/apis/${appType.group}/${appType.versions[0].name}/namespaces`;
  const pathOf = (namespace: string, name: string): string =>
    `${base}/${encodeURIComponent(namespace)}/apps/${encodeURIComponent(name)}`;
  const get: HubApps["get"] = (namespace, name) => api.objects.get(appType, namespace, name);

  /** Replaces a part of the App that still has the uid; `change` gives the next object, or nothing when all is as wanted. */
  const replace = async (
    namespace: string,
    name: string,
    uid: string,
    subresource: "" | "/status",
    change: (app: KubeObject) => KubeObject | undefined,
  ): Promise<KubeObject | undefined> => {
    for (let tries = maxTries; tries > 0; tries--) {
      const live = await get(namespace, name);
      if (live === undefined || uidOf(live) !== uid) return undefined;
      const next = change(live);
      if (next === undefined) return live;
      const response = await api.handleAs(
        reconcileCaller,
        new Request(`${pathOf(namespace, name)}${subresource}?fieldManager=lateen`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: stringifyJson(next),
        }),
      );
      const answer: Json = parseJson(await response.text());
      if (response.ok) return answer as KubeObject;
      // Gone, or written by somebody else since it was read.
      if (response.status === 404) return undefined;
      if (response.status !== 409) throw HubError.fromStatus(answer, `App ${namespace}/${name}`);
    }
    throw new HubError(`App ${namespace}/${name}: other writers came first ${maxTries} times`, { retryable: true });
  };

  return {
    get,
    list: (namespace) => api.objects.list(appType, namespace),
    updateStatus: (namespace, name, uid, status) =>
      replace(namespace, name, uid, "/status", (app) => ({ ...app, status })),
    addFinalizer: async (namespace, name, uid, finalizer) => {
      await replace(namespace, name, uid, "", (app) => {
        const present = finalizersOf(app);
        const deleting = own(own(app, "metadata"), "deletionTimestamp") !== undefined;
        return present.includes(finalizer) || deleting ? undefined : withFinalizers(app, [...present, finalizer]);
      });
    },
    removeFinalizer: async (namespace, name, uid, finalizer) => {
      await replace(namespace, name, uid, "", (app) => {
        const present = finalizersOf(app);
        if (!present.includes(finalizer)) return undefined;
        return withFinalizers(
          app,
          present.filter((one) => one !== finalizer),
        );
      });
    },
  };
}

export const createHubConfigMaps = (api: KubeApi): Hub["configMaps"] => ({
  get: (namespace, name) => api.objects.get(configMapType, namespace, name),
});

function finalizersOf(app: KubeObject): readonly string[] {
  const list = own(own(app, "metadata"), "finalizers");
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

function withFinalizers(app: KubeObject, finalizers: readonly string[]): KubeObject {
  const metadata = own(app, "metadata");
  return { ...app, metadata: { ...(metadata as KubeObject), finalizers } };
}
