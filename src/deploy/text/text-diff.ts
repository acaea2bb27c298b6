import { type KubeObject, stringifyYaml } from "../../resource/index.ts";

/** One line of a comparison of two texts; line numbers count from 0. */
export type DiffLine =
  | { readonly line: "same"; readonly left: number; readonly right: number; readonly text: string }
  | { readonly line: "removed"; readonly left: number; readonly text: string }
  | { readonly line: "added"; readonly right: number; readonly text: string };

/** Resources as kapp prints them. */
export function resourceYaml(object: KubeObject): string {
  return stringifyYaml(object, { keyOrder: "natural", width: 80 });
}

export function resourceLines(object: KubeObject | undefined): string[] {
  return object === undefined ? [] : resourceYaml(object).split("\n");
}

/**
 * Compares line by line (kapp.md §4.4): common start and end are cut off, the middle is compared by its longest common subsequence,
 * removed lines before added ones.
 */
export function diffLines(left: readonly string[], right: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;

  const lines: DiffLine[] = [];
  const same = (i: number, j: number): void => {
    lines.push({ line: "same", left: i, right: j, text: left[i] ?? "" });
  };
  for (let i = 0; i < start; i++) same(i, i);
  const pairs = commonLines(left.slice(start, left.length - end), right.slice(start, right.length - end));
  let i = start;
  let j = start;
  const until = (nextLeft: number, nextRight: number): void => {
    for (; i < nextLeft; i++) lines.push({ line: "removed", left: i, text: left[i] ?? "" });
    for (; j < nextRight; j++) lines.push({ line: "added", right: j, text: right[j] ?? "" });
  };
  for (const [a, b] of pairs) {
    until(start + a, start + b);
    same(i++, j++);
  }
  until(left.length - end, right.length - end);
  for (let k = 0; k < end; k++) same(i++, j++);
  return lines;
}

/** Beyond this many cells the table of the longest common subsequence is not built: the middle counts as replaced. */
const maxCells = 4_000_000;

function commonLines(left: readonly string[], right: readonly string[]): (readonly [number, number])[] {
  const width = right.length + 1;
  if ((left.length + 1) * width > maxCells) return [];
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = 1; i <= left.length; i++) {
    for (let j = 1; j <= right.length; j++) {
      const equal = left[i - 1] === right[j - 1];
      lengths[i * width + j] = equal ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
    }
  }
  // Of several longest ones kapp takes the one whose matches stand last.
  const pairs: (readonly [number, number])[] = [];
  let i = left.length;
  let j = right.length;
  while (i > 0 && j > 0) {
    if (left[i - 1] === right[j - 1]) pairs.push([--i, --j]);
    else if (at(i, j - 1) >= at(i - 1, j)) j--;
    else i--;
  }
  return pairs.reverse();
}

/** Only what differs, one line each: `%3d,%3d - text`. */
export function minimalDiff(left: KubeObject | undefined, right: KubeObject): string {
  return diffLines(resourceLines(left), resourceLines(right))
    .filter((line) => line.line !== "same")
    .map((line) => {
      const numbers =
        line.line === "removed" ? `${pad(line.left)},   ` : `   ,${pad("right" in line ? line.right : 0)}`;
      return `${numbers} ${line.line === "removed" ? "-" : "+"} ${line.text}`;
    })
    .join("\n");
}

function pad(number: number): string {
  return String(number).padStart(3);
}
