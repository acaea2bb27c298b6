import type { PrinterColumn, ServedType, ServedVersion } from "../kubeapi/index.ts";
import {
  isList,
  isMap,
  type Json,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
} from "../resource/index.ts";
import { timeText, type World } from "./world.ts";

/** Milliseconds until a new type is served. */
const establishMs = 20;

/** Fills in the names that a CustomResourceDefinition may leave out. */
export function defaultDefinition(object: MutableJsonMap): void {
  const spec = own(object, "spec");
  if (!isMap(spec)) return;
  const names = own(spec, "names");
  if (!isMap(names)) return;
  const kind = own(names, "kind");
  // Parts of the object that is being prepared.
  const mutable = names as MutableJsonMap;
  if (typeof kind !== "string") return;
  if (own(names, "singular") === undefined) mutable["singular"] = kind.toLowerCase();
  if (own(names, "listKind") === undefined) mutable["listKind"] = `${kind}List`;
  if (own(spec, "conversion") === undefined) (spec as MutableJsonMap)["conversion"] = { strategy: "None" };
}

/** Serves the type of a CustomResourceDefinition, and says so in its status. */
export function simulateDefinition(object: KubeObject, world: World): void {
  const name = nameOf(object);
  world.later(`CustomResourceDefinition//${name}`, establishMs, async () => {
    const live = await world.get("CustomResourceDefinition", "", name);
    const type = live === undefined ? undefined : typeOf(live);
    if (live === undefined || type === undefined) return;
    world.api.types.add(type);
    const at = timeText(world.clock.now());
    const condition = (condition: string, reason: string) => ({
      type: condition,
      status: "True",
      reason,
      message: "",
      lastTransitionTime: at,
    });
    await world.patch(
      { kind: "CustomResourceDefinition", namespace: "", name },
      {
        status: {
          acceptedNames: own(own(live, "spec"), "names") ?? {},
          storedVersions: [type.versions[0].name],
          conditions: [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
        },
      },
      "status",
    );
  });
}

/** The definition is gone: so are the objects of its kind, and the kind. */
export async function forgetDefinition(object: KubeObject, world: World): Promise<void> {
  const type = typeOf(object);
  if (type === undefined) return;
  for (const one of await world.api.objects.list(type)) await world.removeOf(type, namespaceOf(one), nameOf(one));
  world.api.types.remove(type.group, type.plural);
}

function typeOf(definition: KubeObject): ServedType | undefined {
  const spec = own(definition, "spec");
  const names = own(spec, "names");
  const versions = own(spec, "versions");
  const kind = text(own(names, "kind"));
  const plural = text(own(names, "plural"));
  const group = text(own(spec, "group"));
  if (!isList(versions) || kind === "" || plural === "" || group === "") return undefined;
  const served = versions
    .filter((version) => own(version, "served") === true)
    .toSorted((a, b) => Number(own(b, "storage") === true) - Number(own(a, "storage") === true));
  const [first, ...others] = served.map(versionOf);
  if (first === undefined) return undefined;
  const has = (subresource: string): boolean =>
    served.some((version) => own(own(version, "subresources"), subresource) !== undefined);
  return {
    group,
    kind,
    plural,
    singular: text(own(names, "singular")),
    listKind: text(own(names, "listKind")),
    shortNames: texts(own(names, "shortNames")),
    categories: texts(own(names, "categories")),
    namespaced: own(spec, "scope") !== "Cluster",
    flavour: "custom",
    statusSubresource: has("status"),
    scaleSubresource: has("scale"),
    versions: [first, ...others],
  };
}

function versionOf(version: Json): ServedVersion {
  const schema = own(own(version, "schema"), "openAPIV3Schema");
  const columns = own(version, "additionalPrinterColumns");
  return {
    name: text(own(version, "name")),
    ...(isMap(schema) && { schema }),
    ...(isList(columns) && { columns: columns.map(columnOf) }),
  };
}

function columnOf(column: Json): PrinterColumn {
  const type = text(own(column, "type"));
  const priority = own(column, "priority");
  const known = type === "integer" || type === "number" || type === "boolean" || type === "date" ? type : "string";
  return {
    name: text(own(column, "name")),
    type: known,
    value: text(own(column, "jsonPath")),
    ...(typeof priority === "number" && { priority }),
  };
}

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const texts = (value: Json | undefined): readonly string[] =>
  isList(value) ? value.filter((one) => typeof one === "string") : [];
