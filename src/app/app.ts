import type { JsonMap } from "../resource/index.ts";
import type { AppStatus } from "./status.ts";

/** A fault of an App object: the field, and what an API server or kapp-controller says about it. */
export interface AppProblem {
  /** `spec.fetch[0].git.url`. */
  readonly path: string;
  readonly message: string;
}

export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** 0 when the object has none. */
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** RFC 3339; set once the App is being deleted. */
  readonly deletionTimestamp?: string;
  readonly spec: AppSpec;
  readonly status: AppStatus;
}

/** app.md §1.1; absent strings are empty, absent flags are false. */
export interface AppSpec {
  /** Wins over `cluster` when both are set. */
  readonly serviceAccountName: string;
  readonly cluster?: AppCluster;
  readonly defaultNamespace: string;
  readonly fetch: readonly FetchStep[];
  readonly template: readonly TemplateStep[];
  readonly deploy: readonly DeployStep[];
  readonly paused: boolean;
  readonly canceled: boolean;
  /** As written, in milliseconds; see `syncPeriodMs` for the one in force. */
  readonly syncPeriodMs?: number;
  readonly noopDelete: boolean;
}

export interface AppCluster {
  readonly namespace: string;
  readonly kubeconfigSecretRef?: { readonly name: string; readonly key: string };
}

/** Kinds of steps that the schema knows and lateen cannot run yet; `none`: the entry names no kind at all. */
export type UnbuiltFetchKind = "image" | "http" | "helmChart" | "imgpkgBundle" | "none";
export type UnbuiltTemplateKind = "kbld" | "helmTemplate" | "sops" | "cue" | "kustomize" | "jsonnet" | "none";

export type FetchStep =
  | ({ readonly type: "inline"; readonly path?: string } & InlineFiles)
  | ({ readonly type: "git"; readonly path?: string } & GitFetch)
  | {
      readonly type: "unsupported";
      readonly kind: UnbuiltFetchKind;
      readonly path?: string;
      readonly references: readonly AppReference[];
    };

export interface InlineFiles {
  /** Contents by path; paths are not checked yet. */
  readonly paths: ReadonlyMap<string, string>;
  readonly pathsFrom: readonly PathsFrom[];
}

/** Keys of a Secret or ConfigMap that become files below `directoryPath`. `none`: the entry names neither. */
export interface PathsFrom {
  readonly kind: "secret" | "configMap" | "none";
  readonly name: string;
  readonly directoryPath: string;
}

/** app.md §1.2, §4.2; an absent text is empty. */
export interface GitFetch {
  readonly url: string;
  readonly ref: string;
  readonly refSelection?: VersionSelection;
  readonly secretName?: string;
  readonly subPath: string;
  readonly lfsSkipSmudge: boolean;
  readonly forceHttpBasicAuth: boolean;
  /** 0 is the whole history; absent means 1. */
  readonly depth?: number;
}

export interface VersionSelection {
  readonly constraints: string;
  /** Absent: no prereleases. An empty list allows all. */
  readonly prereleaseIdentifiers?: readonly string[];
  /** As written in the App. */
  readonly raw: JsonMap;
}

export type TemplateStep =
  | ({ readonly type: "ytt" } & YttStep)
  | { readonly type: "unsupported"; readonly kind: UnbuiltTemplateKind; readonly references: readonly AppReference[] };

export interface YttStep {
  readonly ignoreUnknownComments: boolean;
  readonly strict: boolean;
  readonly inline?: InlineFiles;
  readonly paths: readonly string[];
  readonly fileMarks: readonly string[];
  readonly valuesFrom: readonly ValuesFrom[];
}

/** app.md §5.5, evaluated in this order; `none`: the entry names no source. */
export type ValuesFrom =
  | { readonly type: "secret" | "configMap"; readonly name: string }
  | { readonly type: "path"; readonly path: string }
  | { readonly type: "downwardAPI"; readonly items: readonly JsonMap[] }
  | { readonly type: "none" };

export type DeployStep =
  | {
      readonly type: "kapp";
      readonly intoNs: string;
      readonly mapNs: readonly string[];
      readonly rawOptions: readonly string[];
      readonly inspect?: RawOptions;
      readonly delete: RawOptions;
    }
  | { readonly type: "unsupported" };

export interface RawOptions {
  readonly rawOptions: readonly string[];
}

/** An object of the App's namespace that a run reads. */
export interface AppReference {
  readonly kind: "secret" | "configMap";
  readonly name: string;
}
