import type { Difference } from "./compare.ts";
import type { Step } from "./recorded-case.ts";
import type { RunningCase } from "./running-case.ts";

/** Where lateen means to differ from the recordings, and why. A rule holds for every case; none names one. */
export interface Departure {
  readonly reason: string;
  readonly covers: (difference: Difference, run: RunningCase, step: Step) => boolean;
}

export const departures: readonly Departure[] = [
  {
    reason: "another git client speaks in other words; vendir's frame around them stays",
    covers: ({ path, expected, actual }) =>
      isErrorText(path) && sameFrame(expected, actual, /^ *Fetching git repository:$/m),
  },
  {
    reason: "where ytt crashes with a stack of Go calls, lateen says what is wrong and where",
    covers: ({ path, expected, actual }) =>
      /^status\.(?:template\.|usefulErrorMessage$|friendlyDescription$|conditions\[0\]\.message$)/.test(path) &&
      (expected === 2 || (typeof expected === "string" && /panic: |exit status 2$/.test(expected))) &&
      (actual === 1 || (typeof actual === "string" && /ytt: Error: |\(see \.status\.usefulErrorMessage/.test(actual))),
  },
  {
    reason: "lateen adds what is at fault, or a hint",
    covers: ({ path, expected, actual }) =>
      isErrorText(path) &&
      typeof actual === "string" &&
      actual.replaceAll(/ \((?:link|hint:?) [^)]*\)/g, "") === expected,
  },
  {
    reason: "behind kapp's text lateen says what is wrong with the Pods that were waited for",
    covers: ({ path, expected, actual }) =>
      isErrorText(path) && typeof actual === "string" && actual.replaceAll(/\nlateen: .*/g, "") === expected,
  },
  {
    reason: "lateen notes beside a success what a person should know",
    covers: ({ path, expected, actual }) =>
      path === "status.deploy.stderr" &&
      expected === undefined &&
      typeof actual === "string" &&
      actual.startsWith("lateen: "),
  },
  {
    reason: "everything is checked before the first write, so a refused deploy leaves no app record behind",
    covers: ({ path, expected, actual }) =>
      /^\[ConfigMap [^/]*\/[^/]*\.app\]$/.test(path) && actual === undefined && isEmptyRecord(expected),
  },
  {
    reason: "lateen keeps no copy of a Secret's data, so a diff shows the Secret as it is stored",
    covers: ({ path, expected, actual }) =>
      path === "status.deploy.stdout" && withoutSecretDiffs(expected) === withoutSecretDiffs(actual),
  },
  {
    reason: "the hub has no nodes",
    covers: ({ path, expected, actual }, { target, world }) =>
      target === world.hub &&
      path === "status.deploy.stdout" &&
      typeof expected === "string" &&
      expected.replace(" (nodes: NODES)", "") === actual,
  },
  {
    reason:
      "a failed deletion is tried again after a pause; kapp-controller's own status write starts the next try at once",
    covers: ({ path, expected, actual }, _run, { until }) =>
      until === "deleting" && path === "status.consecutiveReconcileFailures" && expected === "MANY" && actual === 1,
  },
  {
    reason: "a change of the kubeconfig Secret starts a run too, whose failure shows in the deploy block",
    covers: ({ path }, { recorded }) =>
      /^status\.(?:deploy\.|consecutive)/.test(path) &&
      recorded.steps.some((step) => step.do.some((action) => action.kubeconfig !== undefined)),
  },
];

function isErrorText(path: string): boolean {
  return /(?:^|\.)(?:usefulErrorMessage|stderr)$/.test(path);
}

/** Whether both texts are the same up to the frame's last line, and both go on after it. */
function sameFrame(expected: unknown, actual: unknown, lastLine: RegExp): boolean {
  if (typeof expected !== "string" || typeof actual !== "string") return false;
  const [want, got] = [lastLine.exec(expected), lastLine.exec(actual)];
  if (want === null || got === null) return false;
  const head = (text: string, match: RegExpExecArray): string => text.slice(0, match.index + match[0].length);
  return head(expected, want) === head(actual, got) && actual.length > head(actual, got).length;
}

/** A record that kapp made before it looked at what to deploy. */
function isEmptyRecord(record: unknown): boolean {
  // A recorded app record, parsed.
  const spec = (record as { data?: { spec?: { lastChange?: object; usedGKs?: unknown[] } } } | undefined)?.data?.spec;
  return spec?.lastChange !== undefined && !("description" in spec.lastChange) && spec.usedGKs?.length === 0;
}

/** Output without the diffs of Secrets, each of which goes on until the next diff or the table. */
function withoutSecretDiffs(output: unknown): unknown {
  if (typeof output !== "string" || !output.includes("@@ update secret/")) return Symbol("no diff of a Secret");
  return output.replaceAll(/^@@ \w+ secret\/.*$(?:\n(?!@@ |Changes$).*$)*/gm, "@@ secret @@");
}
