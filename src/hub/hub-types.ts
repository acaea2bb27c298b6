import { appOpenApiSchema, appPrinterColumns, appProblems, appResource } from "../app/index.ts";
import {
  builtinType,
  conflict,
  type HookContext,
  reviewTypes,
  type ServedType,
  type StoredChange,
  type TypeHooks,
} from "../kubeapi/index.ts";
import { equalJson, type KubeObject, kindOf, nameOf, namespaceOf, own } from "../resource/index.ts";
import { reconcileCaller, rulesOfScopes } from "./callers.ts";
import type { HubChange, HubOptions } from "./hub-door.ts";
import { secretHooks } from "./sealed-secrets.ts";

export const appType: ServedType = {
  ...appResource,
  namespaced: true,
  flavour: "custom",
  statusSubresource: true,
  versions: [
    {
      name: appResource.version,
      schema: appOpenApiSchema,
      columns: appPrinterColumns.map(({ jsonPath, ...column }) => ({ ...column, value: jsonPath })),
    },
  ],
};

export const configMapType: ServedType = builtinType("ConfigMap");
export const namespaceType: ServedType = { ...builtinType("Namespace"), statusSubresource: false };

/** Kinds that mean something on the home cluster only. */
const homeKinds = ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"] as const;

export interface HubTypeDeps {
  /** A namespace begins with the first object in it. */
  readonly ensureNamespace: (namespace: string) => Promise<void>;
  /** Names of what a namespace holds, a few of them. */
  readonly contentOf: (namespace: string) => Promise<readonly string[]>;
}

/** What the hub serves: what people kept on a build cluster for their Apps. */
export function hubTypes(options: HubOptions, deps: HubTypeDeps): readonly ServedType[] {
  const withNamespace = (type: ServedType, hooks: TypeHooks = {}): ServedType => ({
    ...type,
    hooks: {
      ...hooks,
      changed: async (change, context) => {
        if (change.type === "created" && type.namespaced) await deps.ensureNamespace(namespaceOf(change.object));
        await hooks.changed?.(change, context);
      },
    },
  });
  return [
    withNamespace(appType, {
      validate: (object) =>
        appProblems(object).map(({ path, message }) => ({
          reason: "FieldValueInvalid" as const,
          field: path,
          message,
        })),
      changed: teller(options.onAppChange),
    }),
    withNamespace(builtinType("Secret"), { ...secretHooks(options.secrets), changed: teller(options.onSecretChange) }),
    withNamespace(configMapType, { changed: teller(options.onConfigMapChange) }),
    { ...namespaceType, hooks: namespaceHooks(deps) },
    withNamespace(builtinType("Event")),
    ...homeKinds.map((kind) => withNamespace(builtinType(kind), { prepare: warnHome })),
    ...reviewTypes({ rulesOf: async (caller) => rulesOfScopes(caller.groups).map((rule) => ({ ...rule })) }),
  ];
}

function namespaceHooks(deps: HubTypeDeps): TypeHooks {
  return {
    prepare: (object) => {
      object["status"] = { phase: "Active" };
    },
    beforeDelete: async (object) => {
      const content = await deps.contentOf(nameOf(object));
      // A namespace takes its content with it; Apps there must first remove what they deployed, so somebody has to say so by name.
      if (content.length > 0)
        throw conflict(
          { group: "", resource: "namespaces", name: nameOf(object) },
          `it still holds ${content.join(", ")}: delete what it holds first`,
        );
    },
  };
}

function warnHome(object: KubeObject, _old: KubeObject | undefined, context: HookContext): void {
  context.warn(
    `${kindOf(object)} ${JSON.stringify(nameOf(object))} is stored in the hub and grants nothing: apply it to the cluster on which it shall count as well (the home cluster for Apps without spec.cluster)`,
  );
}

type Listener = HubOptions["onAppChange"];

/** Tells a listener of changes that were not made by reconciliation itself. */
function teller(listener: Listener): NonNullable<TypeHooks["changed"]> {
  return async (change, { caller }) => {
    const kind = caller === reconcileCaller ? undefined : changeOf(change);
    const { object } = change;
    if (kind !== undefined) await listener?.(namespaceOf(object), nameOf(object), kind);
  };
}

function changeOf(change: StoredChange): HubChange | undefined {
  switch (change.type) {
    case "created":
    case "deleted":
      return change.type;
    case "updated": {
      if (change.subresource === "status") return undefined;
      const at = (object: KubeObject, key: string): boolean => own(own(object, "metadata"), key) !== undefined;
      if (at(change.object, "deletionTimestamp") && !at(change.old, "deletionTimestamp")) return "deleting";
      return change.sealed || !equalJson(contentOf(change.object), contentOf(change.old)) ? "spec" : "metadata";
    }
  }
}

function contentOf(object: KubeObject): KubeObject {
  const { metadata: _metadata, status: _status, ...content } = object;
  return content;
}
