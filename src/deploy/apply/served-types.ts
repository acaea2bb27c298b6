import type { KubeObject } from "../../resource/index.ts";
import type { ApiType, DeployCluster, Discovery } from "../cluster-port.ts";
import { DeployError } from "../failure.ts";
import { typeFinder } from "../plan.ts";
import type { PlanStep } from "../plan-types.ts";

/** The types of a plan's discovery, and those that come while it is carried out. */
export class ServedTypes {
  readonly #cluster: DeployCluster;
  readonly #signal: AbortSignal;
  #find: (object: KubeObject) => ApiType | undefined;
  #asking: Promise<void> | undefined;

  constructor(discovery: Discovery, cluster: DeployCluster, signal: AbortSignal) {
    this.#find = typeFinder(discovery);
    this.#cluster = cluster;
    this.#signal = signal;
  }

  readonly find = (object: KubeObject): ApiType | undefined => this.#find(object);

  /** From here on an unknown kind is asked for anew, once for all that miss one. */
  beginRound(): void {
    this.#asking = undefined;
  }

  /** @throws DeployError `DEPLOY_TYPE_MISSING` when the server does not serve the kind (yet). */
  async of(step: PlanStep): Promise<ApiType> {
    const object = step.fresh ?? step.existing ?? {};
    const known = step.type ?? this.#find(object);
    if (known !== undefined) return known;
    this.#asking ??= this.#cluster.discover({ fresh: true, signal: this.#signal }).then((discovery) => {
      this.#find = typeFinder(discovery);
    });
    await this.#asking;
    const found = this.#find(object);
    if (found === undefined) throw new DeployError({ code: "DEPLOY_TYPE_MISSING", resource: step.description });
    return found;
  }
}
