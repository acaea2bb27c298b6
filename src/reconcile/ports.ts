/**
 * What the reconcile room needs from the outside. Each port has adapters in src/adapters/ and one suite in test/contract/ that runs on all of them.
 * Every operation is one conditional write or one read of a single item, so that SQLite and DynamoDB can both do it (aws.md §7).
 */
import type { Clock, Log, Redactor } from "../base/index.ts";
import type { KubeObject } from "../resource/index.ts";
import type { RunCause } from "./run-event.ts";

// ---------------------------------------------------------------------------------------------- work rows

/**
 * One unit of work that must not be lost: `app/NS/NAME`, `source/…` or `drift/…`.
 * The row is the truth, the queue only a wake-up: a row with `wanted > done` is dirty and will be run until `done` catches up.
 */
export interface WorkRow {
  readonly key: string;
  /** Rises by one each time somebody asks for a run. */
  readonly wanted: number;
  /** The `wanted` that the last completed run had seen. Never above `wanted`. */
  readonly done: number;
  /**
   * Rises with each lease and is never below the lease's time in milliseconds, so that a row made again or restored from an old backup
   * still gives out the highest one (reliability.md F28); the fence on the run cluster compares it.
   */
  readonly epoch: number;
  readonly holder?: string;
  readonly leaseUntil?: number;
  /** A dirty row is not to be run before this time (back-off, next wait check). */
  readonly nextAt?: number;
  /** Leases taken since the last completed run: kills and failures show here. */
  readonly tries: number;
  /** Why a run was asked for since the last one was settled; what somebody waits for stands before what the schedule asks for. */
  readonly cause?: RunCause;
}

/** The right to run one row until `leaseUntil`; every write of the holder names its epoch. */
export interface Lease {
  readonly key: string;
  readonly holder: string;
  readonly epoch: number;
  /** `wanted` at the time of the lease: finishing sets `done` to it. */
  readonly wanted: number;
  readonly tries: number;
  /** The row's. */
  readonly cause?: RunCause;
}

export interface WorkRows {
  /**
   * Durably asks for a run; due at once. Creates the row. Answers the new `wanted`: a 2xx may be sent when this returns. The row keeps the
   * cause until a run that has seen it is settled; one of `backgroundCauses` replaces no other.
   */
  want(key: string, now: number, cause?: RunCause): Promise<number>;
  /**
   * Takes the lease if the row is dirty, due (`nextAt <= now`) and free (no lease, or `leaseUntil <= now`); raises epoch and tries.
   * `undefined` if not, and never creates a row. Calling again with the same holder and a lost reply gives the same lease.
   */
  acquire(key: string, holder: string, now: number, leaseMs: number): Promise<Lease | undefined>;
  /** Extends the lease; `false` when it is no longer ours. */
  renew(lease: Lease, leaseUntil: number): Promise<boolean>;
  /** Completes the run: `done = lease.wanted`, lease freed, tries zeroed. `dirty` tells that somebody asked again meanwhile; `lost` that the lease was not ours any more (nothing is written). */
  finish(lease: Lease): Promise<"clean" | "dirty" | "lost">;
  /**
   * Gives the row back unfinished: lease freed, still dirty, due at `nextAt` (or at once if somebody asked again meanwhile: then `dirty`).
   * `keepTries: false` zeroes tries (a wait slice is no failure). `epochAtLeast` raises the row's epoch: the run cluster has seen a larger one,
   * because the store came back from an old backup (reliability.md F28).
   */
  defer(
    lease: Lease,
    nextAt: number,
    options: { readonly keepTries: boolean; readonly epochAtLeast?: number },
  ): Promise<"deferred" | "dirty" | "lost">;
  get(key: string): Promise<WorkRow | undefined>;
  /** Keys of dirty rows with `nextAt <= now` and no live lease, oldest first. May lag behind (an index). */
  due(now: number, limit: number): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- items

export interface Item {
  readonly pk: string;
  readonly sk: string;
  /** JSON text, at most 300 KB. */
  readonly value: string;
  /** Rises by one with each write; starts at 1. */
  readonly version: number;
  /** From then on the item is treated as absent. */
  readonly expiresAt?: number;
}

/** Small state: indexes, refs, inventories, run records, tick slots. */
export interface Items {
  get(pk: string, sk: string, now: number): Promise<Item | undefined>;
  /** Unconditional without `ifVersion`; `ifVersion: 0` = only if absent. Answers the new version, or `undefined` when the condition failed. */
  put(
    item: { readonly pk: string; readonly sk: string; readonly value: string; readonly expiresAt?: number },
    now: number,
    ifVersion?: number,
  ): Promise<number | undefined>;
  delete(pk: string, sk: string): Promise<void>;
  /** Items of one partition whose `sk` starts with `prefix`, in byte order of `sk`. */
  query(
    pk: string,
    now: number,
    options?: { readonly prefix?: string; readonly limit?: number; readonly descending?: boolean },
  ): Promise<readonly Item[]>;
}

// ---------------------------------------------------------------------------------------------- wake-ups

export type QueueName = "app" | "source" | "drift" | "tick";

/** A wake-up: "look at this key". Carries no state; may come twice, late, out of order or never. */
export interface WakeUp {
  readonly queue: QueueName;
  readonly key: string;
  /** 0 to 900 000. Default 0. */
  readonly delayMs?: number;
  /** Fair-share group: run cluster for apps, git host for sources. */
  readonly group?: string;
  /** Why, for the run record only: a lost cause costs nothing. */
  readonly cause?: RunCause;
}

export interface WakeUps {
  send(wakeUp: WakeUp): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- secrets

export interface Secret {
  readonly data: ReadonlyMap<string, Uint8Array>;
  /** Kubernetes type, default `Opaque`. */
  readonly type: string;
  /** Changes whenever the data changes. */
  readonly version: string;
}

/** The secrets manager: the only place where Secret data lives. Names are namespace + name (reliability.md T13). */
export interface SecretVault {
  /** `fresh` passes over the cache. */
  get(
    namespace: string,
    name: string,
    options?: { readonly fresh?: boolean; readonly signal?: AbortSignal },
  ): Promise<Secret | undefined>;
  put(
    namespace: string,
    name: string,
    secret: { readonly data: ReadonlyMap<string, Uint8Array>; readonly type: string },
  ): Promise<void>;
  delete(namespace: string, name: string): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- the hub's objects

/** Apps and ConfigMaps as the hub holds them. */
export interface AppObjects {
  get(namespace: string, name: string): Promise<KubeObject | undefined>;
  list(namespace?: string): Promise<readonly KubeObject[]>;
  /** Replaces `.status` of the App if its uid still matches; `undefined` when it is gone. Retries on resourceVersion conflicts by itself. */
  updateStatus(namespace: string, name: string, uid: string, status: KubeObject): Promise<KubeObject | undefined>;
  addFinalizer(namespace: string, name: string, uid: string, finalizer: string): Promise<void>;
  /** Also ends the deletion when it was the last one. */
  removeFinalizer(namespace: string, name: string, uid: string, finalizer: string): Promise<void>;
}

export interface ConfigMaps {
  get(namespace: string, name: string): Promise<KubeObject | undefined>;
}

// ---------------------------------------------------------------------------------------------- measurements

/** Counters and durations; label values come from small closed sets, or are App and cluster keys. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Milliseconds. */
  observe(name: string, ms: number, labels?: Readonly<Record<string, string>>): void;
}

/** What every run is given. */
export interface Runtime {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A new unique id that sorts by time. */
  readonly newId: () => string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
}
