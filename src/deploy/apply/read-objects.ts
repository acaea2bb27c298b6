import { type KubeObject, labelsOf, nameOf, namespaceOf } from "../../resource/index.ts";
import { label } from "../annotations.ts";
import type { ApiType } from "../cluster-port.ts";
import type { CallVerb } from "../failure.ts";
import { calling } from "./api-calls.ts";
import { type Association, type ListContext, listAssociations, whereOf } from "./association-lists.ts";

export interface ObjectRead {
  readonly type: ApiType;
  /** The object as it was last seen. */
  readonly object: KubeObject;
  /** For the error. */
  readonly verb: CallVerb;
  /** What a list does not have is gone: enough for what is only waited for. Default: it is read by itself. */
  readonly trustsLists?: boolean;
}

/** Fewer objects of one type and namespace are read one by one. */
const fewestListed = 4;

/**
 * Prepares reads of objects as they are now: where there are many of one type in one namespace they are listed by their association label, up to 50 with a
 * call. What no list has may have lost its label: it is read by itself.
 * @returns reads one of them. @throws DeployError when that call fails.
 */
export async function readObjects(
  reads: readonly ObjectRead[],
  context: ListContext,
): Promise<(read: ObjectRead) => Promise<KubeObject | undefined>> {
  const places = Map.groupBy(reads, ({ type, object }) => whereOf({ type, namespace: namespaceOf(object) }));
  const many = [...places.values()].filter(({ length }) => length >= fewestListed).flat();
  const find = await listAssociations(
    many.flatMap((read) => associationOf(read) ?? []),
    context,
  );
  return async (read) => {
    const { type, object, verb } = read;
    const association = associationOf(read);
    const listed = association === undefined ? undefined : find(association);
    const found = listed?.find((one) => nameOf(one) === nameOf(object));
    if (found !== undefined || (listed !== undefined && read.trustsLists === true)) return found;
    return calling("", verb, object, () =>
      context.cluster.get(type, namespaceOf(object), nameOf(object), { signal: context.signal }),
    );
  };
}

function associationOf({ type, object }: ObjectRead): Association | undefined {
  const association = labelsOf(object)[label.association];
  return association === undefined ? undefined : { type, namespace: namespaceOf(object), association };
}
