/** Deploys YAML to a memory cluster and tells what happened. */
import type { Clock } from "../../../src/base/index.ts";
import {
  applyPlan,
  type ApplyDeps,
  type ConfigTools,
  createEventFormatter,
  type DeployCluster,
  DeployError,
  type DeployEvent,
  type DeployOptions,
  type DeployOutcome,
  type DeployPlan,
  formatDeployError,
  formatPlan,
  parseDeleteOptions,
  parseDeployOptions,
  planDelete,
  planDeploy,
  readDeployFlags,
} from "../../../src/deploy/index.ts";
import { isMap, parseYamlStream, type SourcedResource } from "../../../src/resource/index.ts";

/** A cluster and the time on it. */
export type TestCluster = DeployCluster & { readonly clock: Clock };

export interface Settings extends Partial<Omit<ApplyDeps, "clock" | "random">> {
  readonly app?: string;
  /** Of the record, and of resources that name none. Default `app`. */
  readonly namespace?: string;
  readonly isQualified?: boolean;
  /** What Configs may ask for. */
  readonly tools?: ConfigTools;
  readonly prevName?: string;
  readonly rawOptions?: readonly string[];
  readonly intoNs?: string;
  readonly mapNs?: readonly string[];
  /** Values of `--preflight`. */
  readonly preflight?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Result {
  readonly plan: DeployPlan;
  readonly outcome: DeployOutcome;
  readonly events: readonly DeployEvent[];
  /** kapp's log. */
  readonly log: readonly string[];
  /** `create configmap/a`, one list per round of applying. */
  readonly rounds: readonly (readonly string[])[];
}

export function resources(yaml: string, file = "stdin"): SourcedResource[] {
  const { documents, diagnostics } = parseYamlStream(yaml, { file });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return documents.map(({ value, document }) => {
    if (!isMap(value)) throw new Error("not a map");
    return { object: value, origin: { file, document } };
  });
}

/** The option that only a command line has. */
function preflightOf(values: readonly string[] | undefined): Pick<DeployOptions, "preflight"> {
  if (values === undefined) return {};
  const parsed = readDeployFlags(values.map((value) => ["--preflight", value]));
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  const { preflight } = parsed.options;
  return preflight === undefined ? {} : { preflight };
}

export async function plan(cluster: TestCluster, yaml: string, settings: Settings = {}): Promise<DeployPlan> {
  const { rawOptions = [], intoNs, mapNs, preflight, tools, signal = new AbortController().signal } = settings;
  const parsed = parseDeployOptions({
    rawOptions,
    ...(intoNs === undefined ? {} : { intoNs }),
    ...(mapNs === undefined ? {} : { mapNs }),
  });
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  const options = { ...parsed.options, ...preflightOf(preflight) };
  const input = { app: target(settings), resources: resources(yaml), options };
  return planDeploy(input, cluster, { clock: cluster.clock, random: Math.random, ...tools }, { signal });
}

export async function deploy(cluster: TestCluster, yaml: string, settings: Settings = {}): Promise<Result> {
  return carryOut(await plan(cluster, yaml, settings), cluster, settings);
}

export async function remove(cluster: TestCluster, settings: Settings = {}): Promise<Result> {
  const { rawOptions = [], signal = new AbortController().signal } = settings;
  const parsed = parseDeleteOptions({ rawOptions });
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  const input = { app: target(settings), options: parsed.options };
  const planned = await planDelete(input, cluster, { clock: cluster.clock, random: Math.random }, { signal });
  return carryOut(planned, cluster, settings);
}

export async function carryOut(planned: DeployPlan, cluster: TestCluster, settings: Settings = {}): Promise<Result> {
  const { signal = new AbortController().signal, app: _app, namespace: _ns, prevName: _prev, ...deps } = settings;
  const format = createEventFormatter({ clock: cluster.clock });
  const events: DeployEvent[] = [];
  const log: string[] = [];
  const rounds: string[][] = [];
  const slice = applyPlan(planned, cluster, { ...deps, clock: cluster.clock, random: Math.random }, { signal });
  for (;;) {
    const next = await slice.next();
    if (next.done === true)
      return { plan: planned, outcome: next.value, events, log, rounds: rounds.filter((round) => round.length > 0) };
    const event = next.value;
    events.push(event);
    const text = format(event);
    if (text !== "") log.push(...text.split("\n").map((line) => line.replace(/^\d+:\d\d:\d\d[AP]M: /, "")));
    if (event.type === "section" && event.phase === "applying") rounds.push([]);
    if (event.type === "applied") rounds.at(-1)?.push(`${event.op} ${short(event.resource)}`);
  }
}

/** The text that kapp would end with, or `Succeeded`. */
export function ending({ outcome }: Result): string {
  return outcome.state === "failed"
    ? formatDeployError(outcome.failure)
    : outcome.state === "succeeded"
      ? "Succeeded"
      : outcome.state;
}

/** What a rejected plan says. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DeployError) return formatDeployError(error.failure);
    throw error;
  }
  return "nothing was refused";
}

/**
 * Who waits for whom, in kapp's notation: each change, and below it, indented, what it waits for directly.
 */
export function orderTree(planned: DeployPlan): string {
  const name = (index: number): string => {
    const step = planned.steps[index];
    const op = step?.op === "delete" ? "delete" : "upsert";
    return `(${op}) ${short(step?.description ?? "")}`;
  };
  return planned.steps
    .flatMap((step, index) => [
      name(index),
      ...step.waitsFor
        .flatMap(({ on }) => on)
        .map((target) => `  ${name(target)}`)
        .sort(),
    ])
    .join("\n");
}

export function tableOf(planned: DeployPlan): string[] {
  const lines = formatPlan(planned).split("\n");
  return lines
    .slice(lines.indexOf("Changes") + 2)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}

export function short(description: string): string {
  return description.split(" ")[0] ?? "";
}

function target({ app = "test.app", namespace = "app", prevName, isQualified = false }: Settings): {
  readonly isQualified: boolean;
  readonly name: string;
  readonly stateNamespace: string;
  readonly defaultNamespace: string;
  readonly prevName?: string;
} {
  return {
    isQualified,
    name: app,
    stateNamespace: namespace,
    defaultNamespace: namespace,
    ...(prevName === undefined ? {} : { prevName }),
  };
}

/** A ConfigMap with annotations, in one line of YAML. */
export function configMap(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  data: Readonly<Record<string, string>> = {},
): string {
  return `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, annotations: prefixed(annotations) }, data })}\n`;
}

/** Joins documents. */
export function yaml(...documents: readonly string[]): string {
  return documents.map((document) => `---\n${document}`).join("");
}

function prefixed(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`kapp.k14s.io/${key}`, value]));
}
