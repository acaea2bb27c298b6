import { mapBounded } from "../base/index.ts";
import { kindOf, type KubeObject, nameOf, namespaceOf, uidOf } from "../resource/index.ts";
import { type ApiType, type DeployCluster, isApiFailure } from "./cluster-port.ts";
import { at, listAt, textAt } from "./fields.ts";
import { fitsPattern } from "./filter/resource-filter.ts";
import { storedRecord } from "./list-apps.ts";
import { asDeployErrors, type CallSettings, type PlanDeps } from "./plan.ts";
import { listAllOfApp } from "./plan-deletion.ts";
import type { AppTarget } from "./plan-types.ts";
import type { Part } from "./text/part.ts";
import { defaultInspectOptions } from "./options/deploy-options.ts";

export interface AppLogsInput {
  readonly app: AppTarget;
  /** Go on until aborted, with Pods that come later. */
  readonly follow: boolean;
  /** The last lines of each container; absent = all, up to a megabyte. */
  readonly lines?: number;
  /** With `*` or `%` at an end for anything; empty = every Pod. */
  readonly podName: string;
  /** The same; none = every container. */
  readonly containerNames: readonly string[];
  /** Pod and container in front of each line. */
  readonly containerTag: boolean;
}

const readsAtOnce = 5;
const lookEveryMs = 1_000;

/**
 * What the Pods of an app write, as kapp's `logs` prints it. kapp holds a stream open for each container; here each look reads what is new.
 * @throws DeployError `DEPLOY_APP_MISSING`, for failed reads; `signal.reason` on abort, which is the only end where `follow` is set.
 */
export async function* appLogs(
  input: AppLogsInput,
  cluster: DeployCluster,
  { clock }: Pick<PlanDeps, "clock">,
  { signal }: CallSettings,
): AsyncGenerator<Part, void> {
  const tails = new Map<string, Tail>();
  for (;;) {
    const pods = await asDeployErrors(signal, () => listPods(input, cluster, signal));
    const containers = pods.flatMap((pod) => containersOf(pod, input));
    const parts = await asDeployErrors(signal, () =>
      mapBounded(containers, readsAtOnce, (container) => {
        const key = `${uidOf(container.pod)}/${container.name}`;
        const tail = tails.get(key) ?? { state: "new" };
        return read(container, tail, input, cluster, signal, (next) => tails.set(key, next));
      }),
    );
    yield* parts.flat();
    if (!input.follow) return;
    await clock.sleep(lookEveryMs, signal);
  }
}

/** What was told of a container. `until`: time of its last line. */
type Tail = { readonly state: "new" | "waiting" } | { readonly state: "told"; readonly until?: string };

async function listPods(input: AppLogsInput, cluster: DeployCluster, signal: AbortSignal): Promise<KubeObject[]> {
  const discovery = await cluster.discover({ signal });
  const stored = await storedRecord(input.app, cluster, discovery, signal);
  const isPod = ({ group, kind }: ApiType): boolean => group === "" && kind === "Pod";
  const onlyPods = { ...discovery, types: discovery.types.filter(isPod) };
  const found = await listAllOfApp(
    { app: input.app, options: defaultInspectOptions },
    stored,
    cluster,
    onlyPods,
    signal,
  );
  return found
    .map(({ object }) => object)
    .filter(
      (object) => kindOf(object) === "Pod" && (input.podName === "" || fitsPattern(input.podName, nameOf(object))),
    );
}

interface Container {
  readonly pod: KubeObject;
  readonly name: string;
  readonly hasStarted: boolean;
}

function containersOf(pod: KubeObject, { containerNames }: AppLogsInput): Container[] {
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  const waiting = new Set(
    statuses.filter((status) => at(status, "state", "waiting") !== undefined).map((status) => textAt(status, "name")),
  );
  const known = new Set(statuses.map((status) => textAt(status, "name")));
  return [...listAt(pod, "spec", "initContainers"), ...listAt(pod, "spec", "containers")]
    .map((container) => textAt(container, "name"))
    .filter((name) => containerNames.length === 0 || containerNames.some((pattern) => fitsPattern(pattern, name)))
    .map((name) => ({ pod, name, hasStarted: known.has(name) && !waiting.has(name) }));
}

async function read(
  { pod, name, hasStarted }: Container,
  tail: Tail,
  input: AppLogsInput,
  cluster: DeployCluster,
  signal: AbortSignal,
  remember: (tail: Tail) => void,
): Promise<Part[]> {
  const tag = `${nameOf(pod)} > ${name}`;
  const note = (text: string): Part => ({ part: "log", text: `${text}\n` });
  const waiting = (): Part[] => {
    remember({ state: "waiting" });
    return tail.state === "new" ? [note(`# waiting for '${tag}' logs to become available...`)] : [];
  };
  if (!hasStarted || cluster.readLog === undefined) return waiting();
  const until = tail.state === "told" ? tail.until : undefined;
  const isFirst = tail.state !== "told";
  let lines;
  try {
    lines = await cluster.readLog(namespaceOf(pod), nameOf(pod), name, {
      signal,
      ...(until === undefined ? {} : { since: until }),
      ...(isFirst && input.lines !== undefined ? { tailLines: input.lines } : {}),
    });
  } catch (error) {
    if (!isApiFailure(error)) throw error;
    return isFirst ? [...waiting(), note(`Pod logs tailing error: ${error.message}`)] : [];
  }
  const last = lines.at(-1)?.time ?? until;
  remember({ state: "told", ...(last === undefined ? {} : { until: last }) });
  // Servers know whole seconds only when asked for what came since.
  const fresh = lines.filter(({ time }) => until === undefined || time > until);
  return [
    ...(isFirst ? [note(`# starting tailing '${tag}' logs`)] : []),
    ...fresh.map(({ text }): Part => ({ part: "block", text: `${input.containerTag ? `${tag} | ` : ""}${text}\n` })),
    ...(input.follow ? [] : [note(`# ending tailing '${tag}' logs`)]),
  ];
}
