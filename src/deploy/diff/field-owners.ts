import { equalJson, isList, isMap, type Json, type KubeObject, own, parseJson } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { at, listAt, textAt } from "../fields.ts";

/** Who wrote a field, as the API server remembers it in `metadata.managedFields`. */
export interface FieldOwner {
  /** `kubectl-edit`, `kube-controller-manager`… */
  readonly manager: string;
  /** `Update` or `Apply`. */
  readonly operation: string;
  /** RFC 3339: when this manager last wrote any field of the object; empty where the server keeps no time. */
  readonly at: string;
  /** `scale`, `status`; empty for the object itself. */
  readonly subresource: string;
}

interface Entry extends FieldOwner {
  /** FieldsV1: `f:NAME` for members of maps, `k:{…}`, `v:…` and `i:N` for elements of lists, `.` for the node itself. */
  readonly fields: Json;
  /** Wrote kapp's identity annotation: the one who deploys. */
  readonly isDeployer: boolean;
}

export interface FieldOwners {
  /** When the deployer last wrote the object; empty where that is unknown. */
  readonly deployedAt: string;
  /** The newest manager of the field at a path, or of a field below it; `undefined` where nobody owns it, as with defaults and removed fields. */
  ownerOf(path: readonly string[]): (FieldOwner & { readonly isDeployer: boolean }) | undefined;
}

/** @param object A live object with all that the server gave. Paths are keys of maps and indexes of lists in it. */
export function fieldOwners(object: KubeObject): FieldOwners {
  const entries = listAt(object, "metadata", "managedFields")
    .map(readEntry)
    // RFC 3339 in UTC sorts as text. The deployer comes last among those of one second: the change came after it.
    .sort((a, b) => compareTexts(b.at, a.at) || Number(a.isDeployer) - Number(b.isDeployer));
  return {
    deployedAt: entries.find(({ isDeployer }) => isDeployer)?.at ?? "",
    ownerOf(path) {
      const found = entries.find(({ fields }) => owns(fields, object, path));
      if (found === undefined) return undefined;
      const { fields: _fields, ...owner } = found;
      return owner;
    },
  };
}

function readEntry(entry: Json): Entry {
  const fields = at(entry, "fieldsV1") ?? {};
  return {
    manager: textAt(entry, "manager"),
    operation: textAt(entry, "operation"),
    at: textAt(entry, "time"),
    subresource: textAt(entry, "subresource"),
    fields,
    isDeployer: at(fields, "f:metadata", "f:annotations", `f:${annotation.identity}`) !== undefined,
  };
}

function owns(fields: Json, object: Json, path: readonly string[]): boolean {
  let node: Json | undefined = fields;
  let value: Json | undefined = object;
  for (const [depth, step] of path.entries()) {
    // A leaf above the place: the list or map is owned as a whole.
    if (depth > 0 && isMap(node) && Object.keys(node).length === 0) return true;
    const next = childOf(node, value, step);
    if (next === undefined) return false;
    node = next;
    value = isList(value) ? value[Number(step)] : own(value, step);
  }
  return true;
}

function childOf(node: Json | undefined, value: Json | undefined, step: string): Json | undefined {
  if (!isList(value)) return own(node, `f:${step}`);
  const element = value[Number(step)];
  if (element === undefined || !isMap(node)) return undefined;
  const key = Object.keys(node).find((name) => name === `i:${step}` || names(name, element));
  return key === undefined ? undefined : own(node, key);
}

/** Whether `k:{"name":"web"}` or `v:"web"` means this element of a list. */
function names(key: string, element: Json): boolean {
  const kind = key.slice(0, 2);
  if (kind !== "k:" && kind !== "v:") return false;
  try {
    const named = parseJson(key.slice(2));
    if (kind === "v:") return equalJson(named, element);
    return isMap(named) && Object.entries(named).every(([name, value]) => equalJson(own(element, name) ?? null, value));
  } catch (error) {
    // Managed fields are other people's text: what cannot be read names nothing.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
