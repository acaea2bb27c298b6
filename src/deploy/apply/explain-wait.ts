import { type Clock, clipMiddle, type Redactor } from "../../base/index.ts";
import { describeResource, type KubeObject, nameOf, namespaceOf } from "../../resource/index.ts";
import { type DeployCluster, isApiFailure, type LogLine } from "../cluster-port.ts";
import { formatGoDuration } from "../options/go-duration.ts";
import type { Diagnosis, WaitFault } from "../wait/diagnosis.ts";
import type { ClusterWarnings } from "./cluster-warnings.ts";

export interface ExplainContext {
  readonly cluster: DeployCluster;
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
  readonly warnings: ClusterWarnings;
  /** Texts pass it before they are clipped: a piece of a secret is not recognised. */
  readonly redact: Redactor["redact"];
}

/** Bounds of what is told with one failure. */
const maxFaults = 5;
const maxLogs = 3;
const maxSilent = 2;
const maxLogLines = 10;
/** Milliseconds that reading them may take. */
const maxLogMs = 5_000;
const maxLineLength = 200;
const maxMessageLength = 400;

/** Why the wait for workloads ended badly, as lines: each kind of fault with one Pod that has it and what its container wrote last. */
export async function explainWait(diagnoses: readonly Diagnosis[], context: ExplainContext): Promise<string[]> {
  const held = diagnoses.flatMap(({ hopelessFor }) => hopelessFor ?? []);
  const groups = diagnoses.flatMap(({ faults }) => groupsOf(faults)).slice(0, maxFaults);
  const logged = groups.filter(({ fault }) => fault.hasCrashed).slice(0, maxLogs);
  const silent = diagnoses.flatMap((diagnosis) => diagnosis.silent).slice(0, maxSilent);
  const told = await Promise.all([
    ...groups.map(async (group) => [
      faultText(group, context),
      ...(logged.includes(group) ? await lastLines(group.fault, context) : []),
    ]),
    ...silent.map((pod) => latestWarning(pod, context)),
  ]);
  return [...(held.length > 0 ? [endText(Math.max(...held))] : []), ...told.flat()];
}

function endText(heldMs: number): string {
  const since = heldMs === 0 ? "" : ` this has lasted for ${formatGoDuration(Math.floor(heldMs / 1_000) * 1_000)}, and`;
  return `not waited for until the time-out:${since} waiting on would not help`;
}

interface FaultGroup {
  readonly fault: WaitFault;
  /** How many others are like it. */
  others: number;
}

/** One fault of each container and first word of the reason. */
function groupsOf(faults: readonly WaitFault[]): FaultGroup[] {
  const groups = new Map<string, FaultGroup>();
  for (const fault of faults) {
    const key = `${fault.container} ${/^\w+/.exec(fault.reason)?.[0] ?? ""}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { fault, others: 0 });
    else group.others++;
  }
  return [...groups.values()];
}

function faultText({ fault, others }: FaultGroup, context: ExplainContext): string {
  const more = others === 0 ? "" : ` and ${others} more`;
  const where = fault.container === "" ? "" : `, container ${fault.container}`;
  return `${describeResource(fault.of)}${more}${where}: ${fault.reason}${messageText(fault.message, context)}`;
}

async function latestWarning(pod: KubeObject, context: ExplainContext): Promise<string[]> {
  const [latest] = await context.warnings.of(pod);
  if (latest === undefined) return [];
  return [`${describeResource(pod)}: ${latest.reason}${messageText(latest.message, context)}`];
}

function messageText(message: string, { redact }: ExplainContext): string {
  return message === "" ? "" : ` (message: ${clipMiddle(plain(redact(message)), maxMessageLength)})`;
}

/** Who may not read logs is told nothing more, and a node that does not answer holds nobody up. */
async function lastLines({ of: pod, container }: WaitFault, context: ExplainContext): Promise<string[]> {
  const { cluster, clock, redact } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const read = async (): Promise<readonly LogLine[]> =>
    (await cluster.readLog?.(namespaceOf(pod), nameOf(pod), container, { tailLines: maxLogLines, signal })) ?? [];
  const giveUp = async (): Promise<readonly LogLine[]> => {
    await clock.sleep(maxLogMs, signal);
    return [];
  };
  try {
    const lines = await Promise.race([read(), giveUp()]);
    return redact(lines.map((line) => line.text).join("\n"))
      .split("\n")
      .slice(-maxLogLines)
      .map((line) => clipMiddle(plain(line), maxLineLength).trimEnd())
      .filter((line) => line !== "")
      .map((line) => `  | ${line}`);
  } catch (error) {
    if (isApiFailure(error)) return [];
    throw error;
  } finally {
    stop.abort();
  }
}

/** Without colours and what else would steer a terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}\[[\d;]*[A-Za-z]/gu, "").replace(/\p{Cc}+/gu, " ");
}
