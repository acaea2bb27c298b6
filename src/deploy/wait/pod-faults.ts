import type { Json, KubeObject } from "../../resource/index.ts";
import { at, intAt, listAt, mapAt, textAt } from "../fields.ts";

/** What keeps a Pod from getting ready, read from its status. */
export interface PodFault {
  /** Empty when it is about the Pod as a whole. */
  readonly container: string;
  /** `ImagePullBackOff`; `CrashLoopBackOff, restarted 5 times, last exit code 137 (OOMKilled)`. */
  readonly reason: string;
  /** What the cluster says besides; may be empty. */
  readonly message: string;
  /**
   * `final`: nothing but another Pod helps. `may-heal`: it passes when something outside changes. `healing`: the same fault, in a moment in which
   * nobody can tell. `notice`: worth telling, and no reason to end a wait.
   */
  readonly outlook: "final" | "may-heal" | "healing" | "notice";
  /** Whether the container has run and ended, and so may have written why. */
  readonly hasCrashed: boolean;
}

/**
 * Reasons of waiting containers, as kubelet gives them, that an image, a registry, a missing ConfigMap or Secret, or a command is at fault for.
 * A registry may come back, an image may be pushed, a Secret may be made: these may heal.
 */
const waitingFaults: ReadonlyMap<string, PodFault["outlook"]> = new Map([
  ["InvalidImageName", "final"],
  ["ErrImagePull", "may-heal"],
  ["ImagePullBackOff", "may-heal"],
  ["ErrImageNeverPull", "may-heal"],
  ["ImageInspectError", "may-heal"],
  ["RegistryUnavailable", "may-heal"],
  ["SignatureValidationFailed", "may-heal"],
  ["CreateContainerConfigError", "may-heal"],
  ["CreateContainerError", "may-heal"],
  ["RunContainerError", "may-heal"],
]);

/** kubelet waits 10, 20, 40, 80 and 160 s between the first starts: five restarts are five minutes by default. */
const minRestarts = 5;

/** In the order of the containers, those that run first before the others; none for a Pod that is ready or has succeeded. */
export function podFaults(pod: KubeObject): PodFault[] {
  if (textAt(pod, "status", "phase") === "Succeeded") return [];
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  const isFailed = textAt(pod, "status", "phase") === "Failed";
  const faults = statuses.flatMap((status) => containerFault(status, isFailed) ?? []);
  return faults.length > 0 ? faults : wholePodFaults(pod, isFailed);
}

function containerFault(status: Json, isFailed: boolean): PodFault | undefined {
  const container = textAt(status, "name");
  const ended = mapAt(status, "state", "terminated") ?? mapAt(status, "lastState", "terminated");
  if (isFailed) {
    if (ended === undefined || exitCode(ended) === 0) return undefined;
    return {
      container,
      reason: exitText(ended),
      message: textAt(ended, "message"),
      outlook: "notice",
      hasCrashed: true,
    };
  }
  const waiting = mapAt(status, "state", "waiting");
  const reason = textAt(waiting, "reason");
  const outlook = waitingFaults.get(reason);
  if (outlook !== undefined) {
    return { container, reason, message: textAt(waiting, "message"), outlook, hasCrashed: false };
  }
  return crashLoop(status, ended, reason === "CrashLoopBackOff");
}

/** A container that ends and is started again and again. While it runs nobody knows whether it will end once more. */
function crashLoop(status: Json, ended: Json | undefined, isBackingOff: boolean): PodFault | undefined {
  const restarts = intAt(status, "restartCount") ?? 0;
  if (!isBackingOff && (ended === undefined || restarts === 0 || at(status, "ready") === true)) return undefined;
  const last = ended === undefined ? "" : `, last ${exitText(ended)}`;
  return {
    container: textAt(status, "name"),
    reason: `${isBackingOff ? "CrashLoopBackOff, " : ""}restarted ${restarts} times${last}`,
    message: textAt(ended, "message"),
    outlook: isBackingOff && restarts >= minRestarts ? "may-heal" : "healing",
    hasCrashed: true,
  };
}

function exitCode(ended: Json | undefined): number {
  return intAt(ended, "exitCode") ?? 0;
}

function exitText(ended: Json): string {
  const reason = textAt(ended, "reason");
  return `exit code ${exitCode(ended)}${reason === "" ? "" : ` (${reason})`}`;
}

/** Not scheduled, which a cluster autoscaler may cure, or evicted. */
function wholePodFaults(pod: KubeObject, isFailed: boolean): PodFault[] {
  const notice = (reason: string, message: string): PodFault[] =>
    reason === "" ? [] : [{ container: "", reason, message, outlook: "notice", hasCrashed: false }];
  if (isFailed) return notice(textAt(pod, "status", "reason"), textAt(pod, "status", "message"));
  const unscheduled = listAt(pod, "status", "conditions").find(
    (condition) => textAt(condition, "type") === "PodScheduled" && textAt(condition, "status") === "False",
  );
  return notice(textAt(unscheduled, "reason"), textAt(unscheduled, "message"));
}
