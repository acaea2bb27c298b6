import type { GroupKind, KubeObject } from "../resource/index.ts";
import type { ApiType, Discovery } from "./cluster-port.ts";
import type { DeployConfig } from "./config/deploy-config.ts";
import type { ExistingObject } from "./existing/labelled-objects.ts";
import type { StoredRecord } from "./existing/read-record.ts";
import type {
  ChangeOptions,
  CreateStrategy,
  DeleteStrategy,
  DeployOptions,
  UpdateStrategy,
} from "./options/deploy-options.ts";
import type { OrderEdge } from "./order/change-graph.ts";
import type { AppRecord, GroupVersion } from "./record/app-record.ts";
import type { AssociatedResources } from "./record/inventory.ts";
import type { AppLabel } from "./record/ownership.ts";
import type { WaitState } from "./wait/wait-state.ts";

export type ApplyOp = "create" | "update" | "delete" | "exists" | "noop";
export type WaitOp = "reconcile" | "delete" | "noop";

/** How a change is carried out. */
export type ChangeStrategy =
  | { readonly of: "create"; readonly strategy: CreateStrategy }
  | { readonly of: "update"; readonly strategy: UpdateStrategy }
  | { readonly of: "delete"; readonly strategy: DeleteStrategy }
  | { readonly of: "none" };

/** One change of a plan, for people and for other rooms: no secret values inside. */
export interface PlannedChange {
  /** `configmap/cfg (v1) namespace: default`. */
  readonly resource: string;
  readonly op: ApplyOp;
  readonly waitFor: "reconcile" | "delete" | "";
  /** What it waits for and which rule says so. */
  readonly reasons: readonly string[];
  /** Field differences of an update as lines, values of Secrets masked. */
  readonly diff: readonly string[];
}

/** One resource of input or cluster with all that applying it needs. */
export interface PlanStep {
  readonly description: string;
  readonly op: ApplyOp;
  readonly wait: WaitOp;
  readonly strategy: ChangeStrategy;
  /** The labelled input; absent for deletes. */
  readonly fresh?: KubeObject;
  /** What a write sends: `fresh` with the cluster's own fields. */
  readonly target?: KubeObject;
  /** What the diff starts from; absent for new objects. */
  readonly left?: KubeObject;
  /** What the diff ends with, where that is not `target`: a new version is compared with the one before. */
  readonly shown?: KubeObject;
  readonly existing?: KubeObject;
  /** The existing object with all that the server gave. */
  readonly live?: KubeObject;
  /** Absent for kinds whose CRD comes with this very deploy. */
  readonly type?: ApiType;
  readonly existingState?: WaitState;
  /** Made by a controller, not by the app. */
  readonly transient: boolean;
  /** Steps that it waits for. */
  readonly waitsFor: readonly OrderEdge[];
  /** Written or waited for; others only pass on the order. */
  readonly active: boolean;
}

export interface AppTarget {
  /** kapp's app name: `<App>.app`. */
  readonly name: string;
  /** Namespace of the app record. */
  readonly stateNamespace: string;
  /** An older name whose record is taken over: `<App>-ctrl`. */
  readonly prevName?: string;
  /** Whether the record's name ends in `.apps.k14s.io`, as by kapp's `KAPP_FQ_CONFIGMAP_NAMES`. A record of either name is found. */
  readonly isQualified?: boolean;
  /** For namespaced resources that name none. */
  readonly defaultNamespace: string;
  /** UID of the App object that is being deployed: where an App is among its own resources, it does not wait for itself. */
  readonly ownUid?: string;
  /** Where the app is known to have had objects, beside what its record says: looked at when cluster-wide lists are forbidden. */
  readonly knownNamespaces?: readonly string[];
}

interface PlanBase {
  /** `Target cluster 'https://…' (nodes: …)`. */
  readonly target: string;
  readonly app: AppTarget;
  readonly steps: readonly PlanStep[];
  /** The active steps as data, in kapp's order of the graph. */
  readonly changes: readonly PlannedChange[];
  readonly discovery: Discovery;
  /** The rules that it was made by, and that it is carried out by. */
  readonly config: DeployConfig;
  readonly plannedAt: number;
}

export interface DeploymentPlan extends PlanBase {
  readonly kind: "deploy";
  readonly options: DeployOptions;
  readonly label: AppLabel;
  readonly stored: StoredRecord | undefined;
  /** What the record says before anything is applied. */
  readonly record: AppRecord;
  /** Namespaces and kinds of the input. */
  readonly namespaces: readonly string[];
  readonly newGroupKinds: readonly GroupKind[];
  readonly newGroupVersions: readonly GroupVersion[];
  readonly existingGroupKinds: readonly GroupKind[];
  readonly existingGroupVersions: readonly GroupVersion[];
  /** The app's objects that this deploy leaves alone: older versions, and what a filter keeps out. */
  readonly untouched: readonly ExistingObject[];
  readonly associated: AssociatedResources;
  /** Resources in places that the options do not allow, as errors: such a plan is for looking at, and applying it fails. */
  readonly notAllowed: readonly string[];
}

export interface DeletionPlan extends PlanBase {
  readonly kind: "delete";
  readonly options: ChangeOptions;
  /** `undefined`: there is no such app, nothing is done. */
  readonly stored: StoredRecord | undefined;
  /** Namespaces in which an app of this name was found, when it is not in its own. */
  readonly elsewhere: readonly string[];
  /** A filter keeps objects out: the app and its record stay. */
  readonly isPartial: boolean;
  readonly associated: AssociatedResources | undefined;
}

export type DeployPlan = DeploymentPlan | DeletionPlan;

/** What a suspended deploy continues from: JSON. */
export interface DeployProgress {
  /** Name of the app-change ConfigMap; empty when none is kept, or for deletes. */
  readonly changeName: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly description: string;
  readonly namespaces: readonly string[];
  /** Epoch milliseconds at which a change last finished: the wait time-out counts from here. */
  readonly lastProgressAt: number;
  /** Changes of the whole deploy. */
  readonly total: number;
  /** Since when nothing could be applied any more; the apply time-out counts from here. */
  readonly retryingSince?: number;
  /** Descriptions of what is waited for. */
  readonly waitingFor: readonly string[];
  /** Conditions that may last for some time only, and since when they hold. */
  readonly heldSince?: Readonly<Record<string, number>>;
  readonly logs?: LogProgress;
}

/** How far the logs of Pods were told. */
export interface LogProgress {
  /** UIDs of the Pods that were there before the deploy. */
  readonly existing: readonly string[];
  /** The time of the last line, by Pod and container. */
  readonly toldUntil: Readonly<Record<string, string>>;
}
