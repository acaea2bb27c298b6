import type { Json, JsonMap, KubeObject, MutableJsonMap } from "../resource/index.ts";
import type { FieldFault } from "./api-error.ts";

/** An OpenAPI v3 schema with Kubernetes' `x-kubernetes-*` members. */
export type Schema = JsonMap;

/** A column of `kubectl get`. `value` gives the cell: a string, number, or an RFC 3339 time for `type: "date"`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly description?: string;
  readonly format?: string;
  /** 0 is always shown, above 0 only with `-o wide`. Default 0. */
  readonly priority?: number;
  /** A JSONPath such as `.status.friendlyDescription`, or a function of the object. */
  readonly value: string | ((object: KubeObject) => string | number | boolean | undefined);
}

/** One API version of a type. All versions of a type have one shape: only `apiVersion` differs. */
export interface ServedVersion {
  readonly name: string;
  /** Default: an open object. */
  readonly schema?: Schema;
  /** Columns after `Name`. Default: `Age` alone. */
  readonly columns?: readonly PrinterColumn[];
}

/** What a hook is told about the request. */
export interface HookContext {
  readonly caller: Caller;
  readonly dryRun: boolean;
  readonly now: number;
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void;
}

/** A resource type that the API serves. */
export interface ServedType {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Default: kind + `List`. */
  readonly listKind?: string;
  readonly plural: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** The first is the preferred one and the one that is stored. */
  readonly versions: readonly [ServedVersion, ...ServedVersion[]];
  /** `custom`: unknown fields are pruned by the schema and strategic merge patches refused, as for a CRD. */
  readonly flavour: "builtin" | "custom";
  /** `/status` is written apart from the rest. Default false. */
  readonly statusSubresource?: boolean;
  /** `/scale` over `.spec.replicas`. Default false. */
  readonly scaleSubresource?: boolean;
  /** `metadata.generation` counts changes outside metadata and status. Default: true for `custom`. */
  readonly hasGeneration?: boolean;
  /** What a name may look like. Default `subdomain`. */
  readonly names?: "subdomain" | "label" | "path-segment";
  /** Verbs of discovery. Default: all. */
  readonly verbs?: readonly Verb[];
  readonly hooks?: TypeHooks;
  /** Subresources that are only posted to, such as `token`: each answers with an object of its own. */
  readonly subresourceCreates?: Readonly<
    Record<string, (body: Json, parent: KubeObject, context: HookContext) => Promise<KubeObject>>
  >;
}

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

/** How a type departs from plain storage. All are optional. */
export interface TypeHooks {
  /** Fills in or changes what a create, update or patch brings, before it is validated. `old` is absent on creation. */
  readonly prepare?: (
    object: MutableJsonMap,
    old: KubeObject | undefined,
    context: HookContext,
  ) => void | Promise<void>;
  /** Faults of the object beyond its schema; any fault refuses the write. */
  readonly validate?: (object: KubeObject, old: KubeObject | undefined) => readonly FieldFault[];
  /** Answers a creation instead of storing an object, for reviews and requests. */
  readonly answerCreate?: (object: KubeObject, context: HookContext) => Promise<KubeObject>;
  /**
   * Splits what must not lie in the object store from the object: `stored` is kept there and is what writes work on; `commit` puts the
   * rest elsewhere once the conditional write has won, and is absent when the rest did not change.
   */
  readonly seal?: (object: KubeObject, old: KubeObject | undefined) => Promise<Sealed>;
  /** The reverse: the whole object, from what was stored. Only for callers that may `reveal`. */
  readonly open?: (stored: KubeObject) => Promise<KubeObject>;
  /** The object is finally gone. */
  readonly forget?: (stored: KubeObject) => Promise<void>;
  /** Refuses, by throwing, a deletion that the caller may otherwise make. */
  readonly beforeDelete?: (object: KubeObject, context: HookContext) => Promise<void>;
  /** A write was stored; awaited before the answer. Failures become a warning. */
  readonly changed?: (change: StoredChange, context: HookContext) => Promise<void>;
}

export interface Sealed {
  readonly stored: KubeObject;
  readonly commit?: () => Promise<void>;
}

/** A stored write, with objects as they are stored. `subresource` is `status` or empty; `sealed`: what `seal` put elsewhere changed. */
export type StoredChange =
  | { readonly type: "created"; readonly object: KubeObject }
  | {
      readonly type: "updated";
      readonly object: KubeObject;
      readonly old: KubeObject;
      readonly subresource: string;
      readonly sealed: boolean;
    }
  | { readonly type: "deleted"; readonly object: KubeObject };

/** What a caller wants to do, in RBAC's words. */
export interface Attributes {
  /** RBAC's verbs, and `reveal`: to see what a type seals away. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty: cluster-scoped, or all namespaces. */
  readonly namespace: string;
  /** Empty where the request names none. */
  readonly name: string;
}

/** Who calls. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
  /** Asked before anything is looked up. Default deny is the implementer's duty. */
  may(attributes: Attributes): Promise<boolean>;
}

/** `apps.kappctrl.k14s.io`, `configmaps`: also the type of the object store. */
export const typeName = (type: { readonly group: string; readonly plural: string }): string =>
  type.group === "" ? type.plural : `${type.plural}.${type.group}`;

export const apiVersionFor = (group: string, version: string): string =>
  group === "" ? version : `${group}/${version}`;

export const listKindOf = (type: ServedType): string => type.listKind ?? `${type.kind}List`;
export const singularOf = (type: ServedType): string => type.singular ?? type.kind.toLowerCase();
export const hasGeneration = (type: ServedType): boolean => type.hasGeneration ?? type.flavour === "custom";

const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
export const verbsOf = (type: ServedType): readonly Verb[] => type.verbs ?? allVerbs;
