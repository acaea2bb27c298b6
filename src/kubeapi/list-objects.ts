import {
  type KubeObject,
  labelsOf,
  type LabelSelector,
  matchesLabels,
  nameOf,
  namespaceOf,
  own,
  parseLabelSelector,
} from "../resource/index.ts";
import { ApiError, badRequest, invalid, invalidValue } from "./api-error.ts";
import { readContinue, writeContinue } from "./continue-token.ts";
import { fromStore } from "./object-codec.ts";
import type { ListMeta } from "./representation.ts";
import type { ResourceRequest } from "./request-context.ts";

/** Characters of a selector: more is no selector a person or tool means. */
const maxSelectorLength = 64 * 1024;

/** Which objects a list or watch is about. */
export interface Selection {
  readonly labels: LabelSelector;
  readonly fields: readonly FieldRequirement[];
}

interface FieldRequirement {
  readonly path: string;
  readonly value: string;
  readonly equal: boolean;
}

/** @throws ApiError BadRequest naming the selector's fault. */
export function parseSelection(context: ResourceRequest): Selection {
  const labelText = context.query.get("labelSelector") ?? "";
  const fieldText = context.query.get("fieldSelector") ?? "";
  if (labelText.length + fieldText.length > maxSelectorLength)
    throw badRequest(`the selector is longer than ${maxSelectorLength} characters`);
  const parsed = parseLabelSelector(labelText);
  if ("problem" in parsed) throw badRequest(parsed.problem);
  const named: readonly FieldRequirement[] =
    context.name === "" ? [] : [{ path: "metadata.name", value: context.name, equal: true }];
  return { labels: parsed.selector, fields: [...named, ...parseFieldSelector(fieldText, context)] };
}

/** Fields beyond metadata that built-in kinds can be selected by. */
const selectableFields: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "type",
  "spec.nodeName",
  "status.phase",
  "involvedObject.kind",
  "involvedObject.name",
  "involvedObject.namespace",
  "involvedObject.uid",
  "reason",
]);

function parseFieldSelector(text: string, context: ResourceRequest): readonly FieldRequirement[] {
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
      if (match === null)
        throw badRequest(`unable to parse field selector: invalid selector: '${part}'; can't understand '${part}'`);
      const [, path = "", operator, value = ""] = match;
      const isMeta = path === "metadata.name" || path === "metadata.namespace";
      if (!isMeta && (context.resolved.type.flavour === "custom" || !selectableFields.has(path)))
        throw badRequest(`field label not supported: ${path}`);
      return { path, value, equal: operator !== "!=" };
    });
}

export function selects(selection: Selection, object: KubeObject): boolean {
  return (
    selection.fields.every(({ path, value, equal }) => (fieldText(object, path) === value) === equal) &&
    (selection.labels.length === 0 || matchesLabels(selection.labels, labelsOf(object)))
  );
}

function fieldText(object: KubeObject, path: string): string {
  if (path === "metadata.name") return nameOf(object);
  if (path === "metadata.namespace") return namespaceOf(object);
  const [first = "", second] = path.split(".");
  const value = second === undefined ? own(object, first) : own(own(object, first), second);
  return typeof value === "string" ? value : "";
}

/**
 * One page of a list, at the newest state: pages of one list may therefore see different moments, each object at most once.
 * @throws ApiError BadRequest, Expired, Timeout (a resourceVersion from the future).
 */
export async function listObjects(
  context: ResourceRequest,
): Promise<{ readonly objects: readonly KubeObject[]; readonly meta: ListMeta }> {
  const { deps, resolved, query, namespace } = context;
  const selection = parseSelection(context);
  const limit = pageSize(query, deps.limits.maxPage);
  const start = readContinue(context);
  await checkVersion(context, start !== undefined);
  const objects: KubeObject[] = [];
  let after = start;
  for (;;) {
    // One more than fits tells whether anything follows, also when a selector drops some.
    const page = await deps.store.list(resolved.storeType, {
      ...(namespace !== "" && { namespace }),
      ...(after !== undefined && { after }),
      ...(limit !== undefined && { limit: limit - objects.length + 1 }),
    });
    const resourceVersion = String(page.version);
    for (const stored of page.objects) {
      const object = fromStore(stored, resolved);
      if (!selects(selection, object)) continue;
      if (limit !== undefined && objects.length === limit) {
        const last = objects.at(-1) ?? object;
        return { objects, meta: { resourceVersion, continue: writeContinue(last, context) } };
      }
      objects.push(object);
    }
    if (!page.more) return { objects, meta: { resourceVersion } };
    after = page.objects.at(-1);
  }
}

function pageSize(query: URLSearchParams, maxPage: number): number | undefined {
  const text = query.get("limit") ?? "";
  if (text === "") return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`limit ${JSON.stringify(text.slice(0, 40))} is no number`);
  const limit = Number(text);
  if (limit < 0) throw badRequest("limit must not be negative");
  return limit === 0 ? undefined : Math.min(limit, maxPage);
}

async function checkVersion(context: ResourceRequest, continues: boolean): Promise<void> {
  const text = context.query.get("resourceVersion") ?? "";
  const match = context.query.get("resourceVersionMatch") ?? "";
  if (continues && text !== "" && text !== "0")
    throw badRequest("specifying resource version is not allowed when using continue");
  if (text === "" || text === "0") return;
  const wanted = parseVersion(text);
  const newest = await context.deps.store.version();
  if (wanted > newest)
    throw new ApiError("Timeout", `Too large resource version: ${wanted}, current: ${newest}`, {
      retryAfterSeconds: 1,
    });
  if (match === "Exact" && wanted < newest)
    throw new ApiError("Expired", "The resourceVersion for the provided list is too old.");
}

/** @throws ApiError Invalid when it is not one that this API gave. */
export function parseVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw invalid({ group: "meta.k8s.io", resource: "ListOptions", name: "" }, [
      invalidValue("resourceVersion", text.slice(0, 40), "must be a number that this server gave"),
    ]);
  return Number(text);
}
