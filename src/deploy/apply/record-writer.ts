import type { Clock, Log } from "../../base/index.ts";
import {
  annotationsOf,
  equalJson,
  isMap,
  type KubeObject,
  labelsOf,
  nameOf,
  own,
  uidOf,
} from "../../resource/index.ts";
import { annotation, label } from "../annotations.ts";
import type { ApiType, DeployCluster } from "../cluster-port.ts";
import { withAnnotations, withLabels } from "../diff/metadata.ts";
import type { StoredRecord } from "../existing/read-record.ts";
import { DeployError } from "../failure.ts";
import {
  type AppRecord,
  parseRecord,
  qualifiedSuffix,
  recordConfigMap,
  recordText,
  trimQualified,
} from "../record/app-record.ts";
import { calling, createOnce, deleteOnce, isConflict, isOutcomeUnknown, statusOf } from "./api-calls.ts";

export interface RecordContext {
  readonly cluster: DeployCluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly type: ApiType;
  readonly namespace: string;
  /** Name of the app, without the suffix of qualified records. */
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
  /** A record under the plain name moves to the qualified one. */
  readonly isQualified: boolean;
  /** Written with every change of the record; a larger one there belongs to a later writer. */
  readonly epoch: number | undefined;
  readonly log: Log;
}

const conflictTries = 10;

/**
 * The app record on the cluster while a plan is carried out. Every write names the resourceVersion that was read, so that two writers
 * notice one another: with an epoch the later one wins and the earlier one stops (reliability.md §0 decision 4).
 */
export class RecordWriter {
  readonly #context: RecordContext;
  #configMap: KubeObject | undefined;
  #leftover: KubeObject | undefined;
  #previous: boolean;
  /** Stored by the last call: the next group of writes needs no second look. */
  #isFresh = false;
  #record: AppRecord;

  constructor(
    context: RecordContext,
    stored: Pick<StoredRecord, "configMap" | "previous" | "leftover"> | undefined,
    record: AppRecord,
  ) {
    this.#context = context;
    this.#configMap = stored?.configMap;
    this.#leftover = stored?.leftover;
    this.#previous = stored?.previous === true;
    this.#record = record;
  }

  get record(): AppRecord {
    return this.#record;
  }

  get exists(): boolean {
    return this.#configMap !== undefined;
  }

  /** Whether storing would change anything but the epoch: name, labels. */
  get isSettled(): boolean {
    const current = this.#configMap;
    if (current === undefined || this.#leftover !== undefined) return false;
    return !this.#mustMove(current) && this.#missingLabels(current).length === 0;
  }

  /**
   * Stores the record: creates it, takes over a previous name's, or updates it.
   * @throws DeployError `DEPLOY_FENCED` when a later writer was here; `DEPLOY_API`.
   */
  async store(record: AppRecord): Promise<void> {
    this.#record = record;
    if (this.#configMap === undefined) await this.#create();
    else if (this.#mustMove(this.#configMap)) await this.#move(this.#configMap);
    else await this.#put();
    if (this.#leftover !== undefined) await this.#deleteOnce(this.#leftover);
    this.#leftover = undefined;
    this.#isFresh = true;
  }

  /** Makes sure that nobody took over since the last write of the record. Without an epoch there is nobody to take over. */
  async fence(): Promise<void> {
    if (this.#context.epoch !== undefined && this.#configMap !== undefined && !this.#isFresh) await this.#put();
    this.#isFresh = false;
  }

  async delete(): Promise<void> {
    if (this.#configMap !== undefined) await this.#deleteOnce(this.#configMap);
    this.#configMap = undefined;
  }

  async #create(): Promise<void> {
    const { namespace, labels, isQualified } = this.#context;
    const name = this.#nameOf(isQualified);
    const object = this.#withEpoch(withMigrationMark(recordConfigMap(name, namespace, this.#record, labels)));
    this.#configMap = await this.#createOnce(object);
  }

  #createOnce(object: KubeObject): Promise<KubeObject> {
    const { cluster, type, namespace, signal } = this.#context;
    return createOnce({
      send: () => calling("", "Creating", object, () => cluster.create(type, namespace, object, { signal })),
      read: () => this.#read(nameOf(object)),
      // Another writer's has a label value of its own, and our plan labels with the wrong one.
      isOurs: (found) => parseRecord(found).labelValue === this.#record.labelValue,
    });
  }

  #deleteOnce(object: KubeObject): Promise<unknown> {
    const { cluster, type, namespace, signal } = this.#context;
    return deleteOnce(() =>
      calling("", "Deleting", object, () =>
        cluster.delete(type, namespace, nameOf(object), { uid: uidOf(object) }, { signal }),
      ),
    );
  }

  /** A record never goes back to a plain name. */
  async #move(previous: KubeObject): Promise<void> {
    this.#refuseLaterEpoch(previous);
    const { namespace, isQualified } = this.#context;
    const name = this.#nameOf(isQualified || isQualifiedName(previous));
    const { labels = {}, annotations = {} } = isMap(previous["metadata"]) ? previous["metadata"] : {};
    const moved: KubeObject = {
      ...previous,
      metadata: { name, namespace, labels, annotations },
      data: { spec: recordText(this.#record) },
    };
    const labelled = this.#previous ? moved : withLabels(moved, Object.fromEntries(this.#context.labels));
    const object = this.#withEpoch(withMigrationMark(labelled));
    this.#configMap = await this.#createOnce(object);
    this.#previous = false;
    this.#leftover = previous;
  }

  async #put(): Promise<void> {
    const { cluster, type, namespace, signal } = this.#context;
    for (let attempt = 0; ; attempt++) {
      const current = this.#configMap;
      if (current === undefined) return this.#create();
      this.#refuseLaterEpoch(current);
      const labelled = withLabels(current, { ...Object.fromEntries(this.#context.labels), [label.isApp]: "" });
      const object = this.#withEpoch({ ...labelled, data: { spec: recordText(this.#record) } });
      try {
        this.#configMap = await calling("", "Updating", current, () =>
          cluster.replace(type, namespace, nameOf(current), object, { signal }),
        );
        return;
      } catch (error) {
        // Deleted by hand: it is written anew from what we know (reliability.md F55).
        if (statusOf(error) === 404) this.#configMap = undefined;
        else if ((isConflict(error) || isOutcomeUnknown(error)) && attempt < conflictTries) {
          this.#configMap = await this.#read(nameOf(current));
          if (isOutcomeUnknown(error) && hasArrived(this.#configMap, object)) return;
        } else throw error;
      }
    }
  }

  #refuseLaterEpoch(configMap: KubeObject): void {
    const { epoch } = this.#context;
    const found = Number(annotationsOf(configMap)[annotation.epoch] ?? 0);
    if (epoch !== undefined && found > epoch) {
      throw new DeployError({ code: "DEPLOY_FENCED", epoch, found }, { retryable: false });
    }
  }

  #read(name: string): Promise<KubeObject | undefined> {
    const { cluster, type, namespace, signal } = this.#context;
    const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
    return calling("", "Getting", object, () => cluster.get(type, namespace, name, { signal }));
  }

  #mustMove(configMap: KubeObject): boolean {
    return this.#previous || (this.#context.isQualified && !isQualifiedName(configMap));
  }

  #nameOf(isQualified: boolean): string {
    const { name } = this.#context;
    return isQualified ? `${trimQualified(name)}${qualifiedSuffix}` : name;
  }

  #missingLabels(configMap: KubeObject): (readonly [string, string])[] {
    const current = labelsOf(configMap);
    return this.#context.labels.filter(([key, value]) => current[key] !== value);
  }

  #withEpoch(object: KubeObject): KubeObject {
    const { epoch } = this.#context;
    return epoch === undefined ? object : withAnnotations(object, { [annotation.epoch]: String(epoch) });
  }
}

/** Whether the record says all that was sent. */
function hasArrived(found: KubeObject | undefined, sent: KubeObject): boolean {
  return (
    found !== undefined &&
    equalJson(own(found, "data"), own(sent, "data")) &&
    equalJson(labelsOf(found), labelsOf(sent)) &&
    equalJson(annotationsOf(found), annotationsOf(sent))
  );
}

function isQualifiedName(configMap: KubeObject): boolean {
  return nameOf(configMap).endsWith(qualifiedSuffix);
}

function withMigrationMark(configMap: KubeObject): KubeObject {
  return isQualifiedName(configMap) ? withAnnotations(configMap, { [annotation.isConfigMapMigrated]: "" }) : configMap;
}
