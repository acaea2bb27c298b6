/**
 * The deletion breaker (ADR 0015): a deploy that would prune more of an App than its limits allow stops before its first write until somebody
 * approves exactly that, by an annotation of the App or with a run by hand. What was approved is kept while it is carried out (`APP#ns/name`,
 * `APPROVAL`), so that a later slice or try, which finds fewer of the objects, needs no second approval.
 */
import type { App } from "../app/index.ts";
import {
  deletionRulesOf,
  type DeployPlan,
  failureText,
  judgePruning,
  type Pruning,
  pruningOf,
} from "../deploy/index.ts";
import { refusedDeploy } from "./deploy-stage.ts";
import type { ReconcileDeps } from "./deps.ts";
import { getJson, putJson } from "./item-json.ts";
import { type AppName, appName, appPartition } from "./keys.ts";
import type { Items, Runtime } from "./ports.ts";

interface Approval {
  readonly digest: string;
  /** UIDs of the approved objects, once it is carried out. */
  readonly uids?: readonly string[];
}

/** How long a run by hand approves, and how long an approval that is carried out goes on. */
const keepAskedMs = 3_600_000;
const keepBegunMs = 24 * 3_600_000;
/** An item has 300 KB, a UID 39 bytes of it. What is beyond needs another approval if the first try does not delete it. */
const maxUids = 6_000;

/** Whoever asks for a run approves the pruning that has this digest. */
export async function approveDeletions(
  app: AppName,
  digest: string,
  deps: Pick<Runtime, "clock"> & { readonly items: Items },
): Promise<void> {
  const now = deps.clock.now();
  // One that is being carried out goes on.
  const begun = await getJson<Approval>(deps.items, appPartition(app), "APPROVAL", now);
  const expiresAt = now + keepAskedMs;
  await putJson<Approval>(deps.items, appPartition(app), "APPROVAL", { ...begun, digest }, now, { expiresAt });
}

/**
 * Lets a plan pass that prunes no more than the App's limits, or what was approved; then what was approved is remembered.
 * @throws StageFailure of the deploy stage, which a retry does not heal.
 */
export async function guardDeletions(plan: DeployPlan, app: App, deps: ReconcileDeps): Promise<void> {
  // The deletion of the App itself is no pruning, and a dry run prunes nothing.
  if (plan.kind === "delete" || plan.options.diffRun) return;
  const parsed = deletionRulesOf(app.annotations, deps.config.deletionLimits);
  if ("failure" in parsed) throw refusedDeploy(plan, parsed.failure);
  const pruning = pruningOf(plan);
  const judged = judgePruning(pruning, parsed.rules);
  if (judged.verdict === "within limits") return;
  const partition = appPartition(appName(app.namespace, app.name));
  const now = deps.clock.now();
  if (judged.verdict === "refused") {
    const kept = await getJson<Approval>(deps.items, partition, "APPROVAL", now);
    if (!covers(kept, pruning)) {
      deps.metrics.count("lateen_deletions_refused_total");
      throw refusedDeploy(plan, judged.failure);
    }
  }
  const begun: Approval = { digest: pruning.digest, uids: pruning.uids.slice(0, maxUids) };
  await putJson(deps.items, partition, "APPROVAL", begun, now, { expiresAt: now + keepBegunMs });
}

/** What the deploy would be refused for, in words; empty when it would not be. Approvals of runs by hand do not count. */
export function deletionRefusal(plan: DeployPlan, { annotations }: App, { config }: ReconcileDeps): string {
  if (plan.kind === "delete") return "";
  const parsed = deletionRulesOf(annotations, config.deletionLimits);
  if ("failure" in parsed) return failureText(parsed.failure);
  const judged = judgePruning(pruningOf(plan), parsed.rules);
  return judged.verdict === "refused" ? failureText(judged.failure) : "";
}

function covers(approval: Approval | undefined, { digest, uids }: Pruning): boolean {
  if (approval?.digest === digest) return true;
  const approved = new Set(approval?.uids);
  return uids.every((uid) => approved.has(uid));
}
