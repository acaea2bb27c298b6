import { compare } from "../values/compare.ts";
import { type CallContext, LimitExceeded, StarlarkFailure, type Value } from "../values/value.ts";

export interface Keyed {
  readonly key: Value;
  readonly value: Value;
}

/** Runs of so many items are sorted by insertion. */
const runLength = 20;

/**
 * Sorts stably, descending if `reverse`. Like upstream this goes on where two keys cannot be compared, and fails at the end with what was
 * wrong last.
 */
export function sortStably(items: Keyed[], reverse: boolean, context: CallContext): Keyed[] {
  let failure: StarlarkFailure | undefined;
  const isLess = (a: Keyed, b: Keyed): boolean => {
    context.step(1);
    const [left, right] = reverse ? [b.key, a.key] : [a.key, b.key];
    try {
      return compare("<", left, right, undefined, context);
    } catch (error) {
      if (!(error instanceof StarlarkFailure) || error instanceof LimitExceeded) throw error;
      failure = error;
      return false;
    }
  };
  for (let start = 0; start < items.length; start += runLength)
    sortRun(items, start, Math.min(start + runLength, items.length), isLess);
  let sorted = items;
  for (let width = runLength; width < items.length; width *= 2) sorted = mergePairs(sorted, width, isLess);
  if (failure !== undefined) throw failure;
  return sorted;
}

type IsLess = (a: Keyed, b: Keyed) => boolean;

function sortRun(items: Keyed[], start: number, end: number, isLess: IsLess): void {
  for (let next = start + 1; next < end; next++) {
    for (let at = next; at > start; at--) {
      const [before, item] = [items[at - 1], items[at]];
      if (before === undefined || item === undefined || !isLess(item, before)) break;
      items[at - 1] = item;
      items[at] = before;
    }
  }
}

function mergePairs(items: readonly Keyed[], width: number, isLess: IsLess): Keyed[] {
  const merged: Keyed[] = [];
  for (let start = 0; start < items.length; start += 2 * width) {
    const middle = Math.min(start + width, items.length);
    const end = Math.min(start + 2 * width, items.length);
    let [left, right] = [start, middle];
    while (left < middle || right < end) {
      const [first, second] = [items[left], items[right]];
      const takeSecond = left >= middle || (right < end && isBefore(second, first, isLess));
      const taken = takeSecond ? second : first;
      if (taken !== undefined) merged.push(taken);
      if (takeSecond) right++;
      else left++;
    }
  }
  return merged;
}

function isBefore(a: Keyed | undefined, b: Keyed | undefined, isLess: IsLess): boolean {
  return a !== undefined && b !== undefined && isLess(a, b);
}
