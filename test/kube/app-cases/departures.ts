import type { Difference } from "./compare.ts";

/** Where lateen means to differ from the recordings, and why. A rule holds for every case; none names one. */
export interface Departure {
  readonly reason: string;
  readonly covers: (difference: Difference) => boolean;
}

const isErrorText = (path: string): boolean => /\.?(?:usefulErrorMessage|stderr)$/.test(path);

export const departures: readonly Departure[] = [
  {
    reason: "another git client speaks in other words; vendir's frame around them stays",
    covers: ({ path, expected, actual }) =>
      isErrorText(path) && sameFrame(expected, actual, /^ *Fetching git repository:$/m),
  },
];

/** Whether both texts are the same up to the frame's last line, and both go on after it. */
function sameFrame(expected: unknown, actual: unknown, lastLine: RegExp): boolean {
  if (typeof expected !== "string" || typeof actual !== "string") return false;
  const [want, got] = [lastLine.exec(expected), lastLine.exec(actual)];
  if (want === null || got === null) return false;
  const head = (text: string, match: RegExpExecArray): string => text.slice(0, match.index + match[0].length);
  return head(expected, want) === head(actual, got) && actual.length > head(actual, got).length;
}
