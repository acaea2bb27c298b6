import { openSchema, withIdentity } from "./schema.ts";
import { apiVersionFor, type Schema, type ServedType, type ServedVersion, typeName } from "./served-type.ts";
import { type Shape, shapeOf } from "./shape.ts";

/** A type in one of its versions, with everything that is derived from it once. */
export interface ResolvedType {
  readonly type: ServedType;
  readonly version: ServedVersion;
  readonly apiVersion: string;
  /** `<plural>.<group>`: the type of the object store. */
  readonly storeType: string;
  /** Whole object, metadata included. */
  readonly schema: Schema;
  readonly shape: Shape;
}

/** The served types. May change while requests are served (CRDs). */
export interface TypeRegistry {
  find(group: string, version: string, plural: string): ResolvedType | undefined;
  findKind(group: string, version: string, kind: string): ResolvedType | undefined;
  /** In the order in which they were added. */
  all(): readonly ServedType[];
  /** Replaces a type of the same group and plural. */
  add(type: ServedType): void;
  remove(group: string, plural: string): void;
  /** Rises with each change: caches of discovery documents compare it. */
  revision(): number;
}

export function createTypeRegistry(types: readonly ServedType[]): TypeRegistry {
  const served = new Map<string, ServedType>();
  const resolved = new Map<string, ResolvedType>();
  let all: readonly ServedType[] = [];
  let revision = 0;
  const remove = (group: string, plural: string): void => {
    const before = served.get(typeName({ group, plural }));
    if (before === undefined) return;
    for (const version of before.versions) resolved.delete(`${group}/${version.name}/${plural}`);
    served.delete(typeName(before));
    all = [...served.values()];
    revision++;
  };
  const add = (type: ServedType): void => {
    remove(type.group, type.plural);
    served.set(typeName(type), type);
    for (const version of type.versions)
      resolved.set(`${type.group}/${version.name}/${type.plural}`, resolveType(type, version));
    all = [...served.values()];
    revision++;
  };
  for (const type of types) add(type);
  return {
    find: (group, version, plural) => resolved.get(`${group}/${version}/${plural}`),
    findKind: (group, version, kind) =>
      resolved
        .values()
        .find((one) => one.type.group === group && one.version.name === version && one.type.kind === kind),
    all: () => all,
    add,
    remove,
    revision: () => revision,
  };
}

function resolveType(type: ServedType, version: ServedVersion): ResolvedType {
  const schema = withIdentity(version.schema ?? openSchema);
  return {
    type,
    version,
    apiVersion: apiVersionFor(type.group, version.name),
    storeType: typeName(type),
    schema,
    shape: shapeOf(type, schema),
  };
}
