import type { Clock } from "../../base/index.ts";
import { type Json, type KubeObject, namespaceOf, uidOf } from "../../resource/index.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "../cluster-port.ts";
import { textAt } from "../fields.ts";

/** A Warning that controllers or kubelet recorded about an object. */
export interface ClusterWarning {
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastAt: string;
}

/** An answer is used for this long, in milliseconds: what is waited for is looked at more often. */
const maxAgeMs = 15_000;

/** The Warning events of single objects. Who may not read events gets none. */
export class ClusterWarnings {
  readonly #cluster: DeployCluster;
  readonly #clock: Pick<Clock, "now">;
  readonly #signal: AbortSignal;
  readonly #eventType: () => ApiType | undefined;
  readonly #known = new Map<string, { readonly at: number; readonly warnings: readonly ClusterWarning[] }>();
  #isRefused = false;

  constructor(
    cluster: DeployCluster,
    clock: Pick<Clock, "now">,
    signal: AbortSignal,
    eventType: () => ApiType | undefined,
  ) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#signal = signal;
    this.#eventType = eventType;
  }

  /** The latest first. */
  async of(object: KubeObject): Promise<readonly ClusterWarning[]> {
    const type = this.#eventType();
    if (type === undefined || this.#isRefused) return [];
    const uid = uidOf(object);
    const known = this.#known.get(uid);
    const now = this.#clock.now();
    if (known !== undefined && now - known.at < maxAgeMs) return known.warnings;
    const warnings = await this.#read(type, namespaceOf(object), uid);
    this.#known.set(uid, { at: now, warnings });
    return warnings;
  }

  async #read(type: ApiType, namespace: string, uid: string): Promise<readonly ClusterWarning[]> {
    try {
      const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
      const events = await this.#cluster.list(type, { namespace, fieldSelector, signal: this.#signal });
      return events.map(toWarning).sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      this.#isRefused = error.status === 403;
      return [];
    }
  }
}

function toWarning(event: Json): ClusterWarning {
  const times = [
    textAt(event, "series", "lastObservedTime"),
    textAt(event, "lastTimestamp"),
    textAt(event, "eventTime"),
  ];
  return {
    reason: textAt(event, "reason"),
    message: textAt(event, "message"),
    lastAt: times.find((time) => time !== "") ?? "",
  };
}
