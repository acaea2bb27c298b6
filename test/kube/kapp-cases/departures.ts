/** Where lateen does something else than kapp, on purpose: which differences a case may show, and why. */
export interface Departure {
  /** The lines of differences that this explains. */
  readonly lines: RegExp;
  readonly reason: string;
}

const anything = /^step \d+ /;

export const departures: ReadonlyMap<string, readonly Departure[]> = new Map<string, readonly Departure[]>([
  [
    "allow-check",
    [
      {
        lines: /^step 1 diff\..*got "[^"]*\/app: \\"NANOS\\"", recorded "[^"]*\/app: \\"APPLABEL\\""$/,
        reason: "a refused deploy leaves no app record, so nobody knows the app's label afterwards",
      },
    ],
  ],
  [
    "app-metadata-none",
    [
      {
        lines: /^step 1 applyOrder/,
        reason: "after a failed call kapp leaves at once; lateen finishes and tells the calls that are in flight",
      },
    ],
  ],
  [
    "config-errors",
    [
      {
        lines: /^step 3 /,
        reason: "a key that means nothing is refused: a rule with a slip in its name would not apply",
      },
    ],
  ],
  [
    "err-duplicate-after-placement",
    [
      {
        lines: anything,
        reason: "the double is found before the first write, where kapp fails half-way (reliability.md B101)",
      },
    ],
  ],
  [
    "input-missing-file",
    [
      {
        lines:
          /^step 2 errorLines\[0\]: got ".*did not find expected ',' or '}'", recorded ".*did not find expected ',' or '"$/,
        reason: "the recording lost the end of the line",
      },
    ],
  ],
  [
    "order-unchanged-middle",
    [{ lines: /^step 2 applyOrder/, reason: "an unchanged resource stays in the chain (design.md §9)" }],
  ],
  [
    "orphan-readopt",
    [
      {
        lines: /^step 3 diff\.@@ update secret/,
        reason: "Secrets are compared in the form in which the server keeps them",
      },
    ],
  ],
  [
    "stringdata-secret",
    [
      {
        lines: /^step 3 diff\.@@ update secret/,
        reason: "Secrets are compared in the form in which the server keeps them",
      },
    ],
  ],
  [
    "update-unknown-strategy",
    [{ lines: anything, reason: "strategies are checked before the first write, used or not (reliability.md B100)" }],
  ],
  [
    "wait-job-failed",
    [
      {
        lines: /^step 2 (applyOrder|waitLines|objects\.v1 ConfigMap NS\/late)/,
        reason: "an unchanged Job that is not done still holds what comes after it (design.md §9)",
      },
    ],
  ],
  [
    "versioned-early-ref",
    [
      {
        lines: /^step 3 diff\.@@ create secret/,
        reason: "Secrets are compared in the form in which the server keeps them",
      },
    ],
  ],
  [
    "versioned-late-ref",
    [
      {
        lines: /^step [234] /,
        reason: "references follow to versions that exist, whatever the order of the input (kapp.md §3.4)",
      },
    ],
  ],
  [
    "wait-workload-kinds",
    [
      {
        lines: /^step 2 (changes|summary|applyOrder)/,
        reason: "the recording cluster had one node, so its DaemonSet had one Pod",
      },
    ],
  ],
]);
