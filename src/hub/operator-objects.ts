/** Writes of the operator's own configuration: the same API, without a token. */
import type { KubeApi } from "../kubeapi/index.ts";
import {
  describeResource,
  groupVersionKindOf,
  type Json,
  type KubeObject,
  nameOf,
  namespaceOf,
  parseJson,
  resourceVersionOf,
  stringifyJson,
} from "../resource/index.ts";
import { configurationCaller } from "./callers.ts";
import { HubError } from "./hub-error.ts";

/** Server-side apply that takes over what other managers set. */
export async function applyObject(
  api: KubeApi,
  object: KubeObject,
  fieldManager: string,
): Promise<{ readonly object: KubeObject; readonly changed: boolean }> {
  const path = pathOf(api, object);
  const before = await send(api, "GET", path);
  const query = `?force=true&fieldValidation=Strict&fieldManager=${encodeURIComponent(fieldManager)}`;
  const after = await send(api, "PATCH", path + query, object);
  if (after.status >= 400) throw HubError.fromStatus(after.answer, describeResource(object));
  // The API answers with the object.
  const stored = after.answer as KubeObject;
  const changed = before.status !== 200 || resourceVersionOf(before.answer as KubeObject) !== resourceVersionOf(stored);
  return { object: stored, changed };
}

/** `false` when there was none. */
export async function deleteObject(api: KubeApi, object: KubeObject): Promise<boolean> {
  const { status, answer } = await send(api, "DELETE", pathOf(api, object));
  if (status === 404) return false;
  if (status >= 400) throw HubError.fromStatus(answer, describeResource(object));
  return true;
}

function pathOf(api: KubeApi, object: KubeObject): string {
  const { group, version, kind } = groupVersionKindOf(object);
  const resolved = api.types.findKind(group, version, kind);
  if (resolved === undefined)
    throw new HubError(`${describeResource(object)}: the hub does not keep this kind`, { retryable: false });
  const { plural, namespaced } = resolved.type;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  if (nameOf(object) === "" || (namespaced && namespaceOf(object) === ""))
    throw new HubError(`${describeResource(object)}: metadata.name and metadata.namespace are needed`, {
      retryable: false,
    });
  const place = namespaced ? `/namespaces/${encodeURIComponent(namespaceOf(object))}` : "";
  return `${root}${place}/${plural}/${encodeURIComponent(nameOf(object))}`;
}

async function send(
  api: KubeApi,
  method: "GET" | "PATCH" | "DELETE",
  path: string,
  body?: KubeObject,
): Promise<{ readonly status: number; readonly answer: Json }> {
  const response = await api.handleAs(
    configurationCaller,
    new Request(`http://hub${path}`, {
      method,
      ...(body !== undefined && {
        body: stringifyJson(body),
        headers: { "content-type": "application/apply-patch+yaml" },
      }),
    }),
  );
  return { status: response.status, answer: parseJson(await response.text()) };
}
