import { mapBounded } from "../../base/index.ts";
import { type KubeObject, labelsOf } from "../../resource/index.ts";
import { label } from "../annotations.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";

export interface ListContext {
  readonly cluster: DeployCluster;
  readonly signal: AbortSignal;
  /** Calls at once. */
  readonly concurrency: number;
}

/** Objects of one type in one namespace, by kapp's association label, which a resource shares with what its controller makes of it (kapp.md §7.5). */
export interface Association {
  readonly type: ApiType;
  readonly namespace: string;
  readonly association: string;
}

/** A label value of kapp's has 35 characters: below 2 KB in the address of a list. */
const valuesPerList = 50;

/**
 * Lists what carries the labels, with one call per type and namespace for up to 50 of them. Answers `undefined` for what may not be listed.
 */
export async function listAssociations(
  wanted: readonly Association[],
  context: ListContext,
): Promise<(wanted: Association) => readonly KubeObject[] | undefined> {
  const calls = [...Map.groupBy(wanted, whereOf)].flatMap(([where, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const values = [...new Set(group.map(({ association }) => association))];
    return Array.from({ length: Math.ceil(values.length / valuesPerList) }, (_, chunk) => ({
      where,
      type: first.type,
      namespace: first.namespace,
      values: values.slice(chunk * valuesPerList, (chunk + 1) * valuesPerList),
    }));
  });
  const found = new Map<string, KubeObject[]>();
  await mapBounded(calls, context.concurrency, async ({ where, type, namespace, values }) => {
    const objects = await listed(type, namespace, values, context);
    if (objects === undefined) return;
    for (const association of values) found.set(`${where} ${association}`, []);
    for (const object of objects) found.get(`${where} ${labelsOf(object)[label.association] ?? ""}`)?.push(object);
  });
  return (one) => found.get(`${whereOf(one)} ${one.association}`);
}

/** What one list can be of. */
export function whereOf({ type, namespace }: Pick<Association, "type" | "namespace">): string {
  return `${type.group}/${type.version}/${type.resource} ${namespace}`;
}

async function listed(
  type: ApiType,
  namespace: string,
  values: readonly string[],
  { cluster, signal }: ListContext,
): Promise<readonly KubeObject[] | undefined> {
  const condition = values.length === 1 ? `=${values[0]}` : ` in (${values.join(",")})`;
  const where = type.namespaced ? { namespace } : {};
  try {
    return await cluster.list(type, { ...where, labelSelector: `${label.association}${condition}`, signal });
  } catch (error) {
    if (isApiFailure(error)) return undefined;
    throw error;
  }
}
