/** The sandbox's types: the built-in kinds and Carvel's, each with what its API server or controllers would do. */
import {
  badRequest,
  builtinTypes,
  forbidden,
  type HookContext,
  notFound,
  reviewTypes,
  type ServedType,
  type StoredChange,
} from "../kubeapi/index.ts";
import {
  isList,
  type Json,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
  uidOf,
} from "../resource/index.ts";
import type { Access } from "./access.ts";
import { carvelTypes, simulateCarvel } from "./carvel.ts";
import { defaultDefinition, forgetDefinition, simulateDefinition } from "./custom-types.ts";
import { defaulters } from "./defaults.ts";
import { simulateWorkload } from "./workloads.ts";
import { timeText, type World } from "./world.ts";

/** Seconds a token of a ServiceAccount lives when the request does not say. */
const defaultTokenSeconds = 3600;

export interface ClusterTypes {
  readonly types: readonly ServedType[];
  /** The same behaviour for a type that a CustomResourceDefinition brings. */
  readonly equip: (type: ServedType) => ServedType;
}

export function clusterTypes(world: () => World, access: () => Access): ClusterTypes {
  const namespaces = createNamespaces(world);
  const dependents = createDependents(world);
  const equip = (type: ServedType): ServedType => ({
    ...type,
    hooks: {
      ...type.hooks,
      prepare: async (object, old, context) => {
        if (old === undefined && type.namespaced) await namespaces.requireLive(type, object, context);
        defaulters.get(type.kind)?.(object, old);
        if (type.kind === "CustomResourceDefinition") defaultDefinition(object);
        if (type.kind === "Namespace" && old === undefined) object["status"] = { phase: "Active" };
      },
      changed: async (change) => {
        dependents.note(change, type);
        if (type.kind === "Namespace") namespaces.note(change);
        if (change.type === "deleted") {
          if (type.kind === "CustomResourceDefinition") await forgetDefinition(change.object, world());
          return;
        }
        if (change.type === "updated" && change.subresource === "status") return;
        if (type.kind === "CustomResourceDefinition") simulateDefinition(change.object, world());
        else if (isCarvel(type)) simulateCarvelChange(change, world());
        else simulateWorkloadChange(type, change, world());
      },
    },
    ...(type.kind === "ServiceAccount" && { subresourceCreates: { token: tokenRequest(access) } }),
  });
  return {
    types: [
      // A Namespace takes its status at creation; everything else of it is simulated.
      ...builtinTypes.map((type) => equip(type.kind === "Namespace" ? { ...type, statusSubresource: false } : type)),
      ...carvelTypes.map(equip),
      ...reviewTypes({ rulesOf: async () => [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] }),
    ],
    equip,
  };
}

const isCarvel = (type: ServedType): boolean =>
  carvelTypes.some((one) => one.group === type.group && one.kind === type.kind);

/** Changes that the simulation made itself (finalizers, annotations) start nothing. */
function simulateCarvelChange(change: Exclude<StoredChange, { type: "deleted" }>, world: World): void {
  if (change.type === "created" || generationRose(change) || beginsDeletion(change))
    simulateCarvel(change.object, world);
}

function simulateWorkloadChange(
  type: ServedType,
  change: Exclude<StoredChange, { type: "deleted" }>,
  world: World,
): void {
  if (change.type === "created" || generationRose(change)) simulateWorkload(type.kind, change.object, world);
}

function generationRose(change: StoredChange & { readonly type: "updated" }): boolean {
  const generation = (object: KubeObject): Json | undefined => own(own(object, "metadata"), "generation");
  return generation(change.object) !== generation(change.old);
}

function beginsDeletion(change: StoredChange & { readonly type: "updated" }): boolean {
  const at = (object: KubeObject): Json | undefined => own(own(object, "metadata"), "deletionTimestamp");
  return at(change.object) !== undefined && at(change.old) === undefined;
}

function tokenRequest(access: () => Access) {
  return async (body: Json, account: KubeObject, context: HookContext): Promise<KubeObject> => {
    const asked = own(own(body, "spec"), "expirationSeconds");
    if (asked !== undefined && typeof asked !== "number") throw badRequest("spec.expirationSeconds must be a number");
    const expiresAt = context.now + (asked ?? defaultTokenSeconds) * 1000;
    const token = access().issue(namespaceOf(account), nameOf(account), expiresAt);
    return {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name: nameOf(account), namespace: namespaceOf(account) },
      spec: { audiences: ["sandbox"], expirationSeconds: asked ?? defaultTokenSeconds },
      status: { token, expirationTimestamp: timeText(expiresAt) },
    };
  };
}

// ---------------------------------------------------------------------------------------------- namespaces

interface Namespaces {
  note(change: StoredChange): void;
  /** @throws ApiError where objects cannot be created: no such namespace, or one that is going. */
  requireLive(type: ServedType, object: MutableJsonMap, context: HookContext): Promise<void>;
}

function createNamespaces(world: () => World): Namespaces {
  const empty = async (name: string): Promise<void> => {
    await world().patch({ kind: "Namespace", namespace: "", name }, { status: { phase: "Terminating" } });
    let left = 0;
    for (const type of world().api.types.all()) {
      if (!type.namespaced) continue;
      for (const object of await world().api.objects.list(type, name)) {
        left++;
        await world().removeOf(type, name, nameOf(object));
      }
    }
    // What finalizers hold is asked for again.
    if (left > 0) world().later(`Namespace//${name}`, world().readyDelayMs, () => empty(name));
    else await world().patch({ kind: "Namespace", namespace: "", name }, { spec: { finalizers: [] } });
  };
  return {
    note: (change) => {
      const name = nameOf(change.object);
      if (change.type === "created") {
        world().later(`Namespace//${name}/content`, 0, () => fillNamespace(name, world()));
      } else if (change.type === "updated" && beginsDeletion(change)) {
        world().later(`Namespace//${name}`, world().readyDelayMs, () => empty(name));
      }
    },
    requireLive: async (type, object, context) => {
      const namespace = namespaceOf(object);
      const live = await world().get("Namespace", "", namespace);
      if (live === undefined) throw notFound({ group: "", resource: "namespaces", name: namespace });
      if (own(own(live, "metadata"), "deletionTimestamp") !== undefined)
        throw forbidden(
          { group: type.group, resource: type.plural, name: nameOf(object) },
          `unable to create new content in namespace ${namespace} because it is being terminated (asked for by ${context.caller.user})`,
        );
    },
  };
}

/** What every namespace is given. */
async function fillNamespace(namespace: string, world: World): Promise<void> {
  await world.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } }, namespace);
  await world.create(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": "" } },
    namespace,
  );
}

// ---------------------------------------------------------------------------------------------- garbage

/** Objects that name an owner are removed after it. */
function createDependents(world: () => World): { note(change: StoredChange, type: ServedType): void } {
  const byOwner = new Map<string, Map<string, () => Promise<void>>>();
  return {
    note: (change, type) => {
      const { object } = change;
      if (change.type !== "deleted") {
        const references = own(own(object, "metadata"), "ownerReferences");
        for (const reference of isList(references) ? references : []) {
          const owner = own(reference, "uid");
          if (typeof owner !== "string") continue;
          const known = byOwner.get(owner) ?? new Map<string, () => Promise<void>>();
          known.set(uidOf(object), () => world().removeOf(type, namespaceOf(object), nameOf(object)));
          byOwner.set(owner, known);
        }
        return;
      }
      const orphans = byOwner.get(uidOf(object));
      if (orphans === undefined) return;
      byOwner.delete(uidOf(object));
      world().later(`garbage/${uidOf(object)}`, 0, async () => {
        for (const remove of orphans.values()) await remove();
      });
    },
  };
}
