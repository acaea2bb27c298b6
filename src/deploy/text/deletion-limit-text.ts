import { annotation } from "../annotations.ts";

/** Names that a text about deletions shows. */
const shownDeletions = 5;

/** What a deploy says that would prune more than the App's limits allow, and how to let it. */
export function deletionLimitText(failure: {
  readonly resources: readonly string[];
  readonly total: number;
  readonly maxObjects?: number;
  readonly maxPercent?: number;
  readonly digest: string;
}): string {
  const { resources, total, maxObjects, maxPercent, digest } = failure;
  const limits = [
    ...(maxObjects === undefined ? [] : [`${maxObjects} ${maxObjects === 1 ? "object" : "objects"}`]),
    ...(maxPercent === undefined ? [] : [`${maxPercent} percent`]),
  ];
  const names = resources.slice(0, shownDeletions).join(", ");
  const others = resources.length - shownDeletions;
  return (
    `Refusing to delete ${resources.length} of ${total} objects, more than the limit of ${limits.join(" or ")} (${names}${others > 0 ? ` and ${others} more` : ""}). ` +
    `Nothing was changed. To approve exactly these deletions, annotate the App with ${annotation.approveDeletions}=${digest} or ask for a run that approves ${digest}.`
  );
}
