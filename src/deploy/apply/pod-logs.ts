import { mapBounded, type Redactor } from "../../base/index.ts";
import { annotationsOf, type KubeObject, kindOf, nameOf, namespaceOf, uidOf } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";
import { at, listAt, textAt } from "../fields.ts";
import { fitsPattern } from "../filter/resource-filter.ts";
import type { LogProgress, PlanStep } from "../plan-types.ts";
import type { AppLabel } from "../record/ownership.ts";
import type { DeployEvent } from "./events.ts";

export interface PodLogsContext {
  readonly cluster: DeployCluster;
  readonly signal: AbortSignal;
  readonly steps: readonly PlanStep[];
  readonly appLabel: AppLabel;
  /** Logs of all of the app's Pods, whatever their annotations. */
  readonly all: boolean;
  /** Where the app has Pods. */
  readonly namespaces: readonly string[];
  readonly podType: ApiType | undefined;
  readonly resume: LogProgress | undefined;
  /** Hides secrets in what containers wrote. */
  readonly redact: Redactor["redact"];
  readonly emit: (event: DeployEvent) => void;
}

const readsAtOnce = 5;

/**
 * What the app's Pods write while it is deployed, where their annotations ask for it (kapp.md §2.7). kapp holds a stream open for each
 * container; here each look reads what is new, so that a run that is handed over goes on where it was.
 */
export class PodLogs {
  readonly #context: PodLogsContext;
  readonly #isAsked: boolean;
  readonly #existing: ReadonlySet<string>;
  /** The time of the last line that was told, by container. */
  readonly #toldUntil: Map<string, string>;
  #hasFailed = false;

  constructor(context: PodLogsContext) {
    const { steps, all, resume } = context;
    this.#context = context;
    this.#isAsked = all || steps.some(({ fresh, active }) => fresh !== undefined && active && asksForLogs(fresh));
    const pods = steps.flatMap(({ existing }) =>
      existing !== undefined && kindOf(existing) === "Pod" ? [existing] : [],
    );
    this.#existing = new Set(resume?.existing ?? pods.map(uidOf));
    this.#toldUntil = new Map(Object.entries(resume?.toldUntil ?? {}));
  }

  /** What a later slice goes on from; `undefined` when nobody asks for logs. */
  get progress(): LogProgress | undefined {
    if (!this.#isAsked) return undefined;
    return { existing: [...this.#existing], toldUntil: Object.fromEntries(this.#toldUntil) };
  }

  /** Tells what is new. A log that cannot be read does not fail a deploy. */
  async look(): Promise<void> {
    const { cluster, emit } = this.#context;
    if (!this.#isAsked || this.#hasFailed || cluster.readLog === undefined) return;
    try {
      const pods = (await this.#listPods()).filter((pod) => this.#isFollowed(pod));
      await mapBounded(pods.flatMap(containersOf), readsAtOnce, (container) => this.#tell(container));
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      this.#hasFailed = true;
      emit({ type: "log", text: `Pod logs tailing error: ${error.message}` });
    }
  }

  async #listPods(): Promise<readonly KubeObject[]> {
    const { cluster, podType, namespaces, appLabel, signal } = this.#context;
    if (podType === undefined) return [];
    const labelSelector = `${appLabel.key}=${appLabel.value}`;
    const lists = await mapBounded(namespaces, readsAtOnce, (namespace) =>
      cluster.list(podType, { namespace, labelSelector, signal }),
    );
    return lists.flat();
  }

  #isFollowed(pod: KubeObject): boolean {
    if (this.#context.all) return true;
    const isExisting = this.#existing.has(uidOf(pod));
    switch (annotationsOf(pod)[annotation.deployLogs]) {
      case "":
      case "for-new":
        return !isExisting;
      case "for-existing":
        return isExisting;
      case "for-new-or-existing":
        return true;
      default:
        return false;
    }
  }

  async #tell({ pod, name }: Container): Promise<void> {
    const { cluster, signal, redact, emit } = this.#context;
    const key = `${uidOf(pod)}/${name}`;
    const until = this.#toldUntil.get(key);
    const tag = `${nameOf(pod)} > ${name}`;
    const lines = await cluster.readLog?.(namespaceOf(pod), nameOf(pod), name, {
      signal,
      ...(until === undefined ? {} : { since: until }),
    });
    if (lines === undefined || lines.length === 0) return;
    if (until === undefined) emit({ type: "log", text: `logs | # starting tailing '${tag}' logs` });
    for (const { time, text } of lines) {
      // Servers know whole seconds only when asked for what came since.
      if (until === undefined || time > until) emit({ type: "log", text: `logs | ${tag} | ${redact(text)}` });
    }
    this.#toldUntil.set(key, lines.at(-1)?.time ?? "");
  }
}

interface Container {
  readonly pod: KubeObject;
  readonly name: string;
}

/** Those that have started and that the Pod's annotation names. */
function containersOf(pod: KubeObject): Container[] {
  const names = (annotationsOf(pod)[annotation.deployLogsContainerNames] ?? "")
    .split(",")
    .filter((name) => name !== "");
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  return statuses
    .filter((status) => at(status, "state", "waiting") === undefined)
    .map((status) => ({ pod, name: textAt(status, "name") }))
    .filter(({ name }) => names.length === 0 || names.some((pattern) => fitsPattern(pattern, name)));
}

/** Places of a Pod's metadata in what is deployed. */
const podMetadata: readonly (readonly string[])[] = [
  ["metadata"],
  ["spec", "template", "metadata"],
  ["spec", "jobTemplate", "spec", "template", "metadata"],
];

function asksForLogs(object: KubeObject): boolean {
  return podMetadata.some((place) => at(object, ...place, "annotations", annotation.deployLogs) !== undefined);
}
