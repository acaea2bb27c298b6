import { toBinary } from "./values/text.ts";

/** Longer names are not compared, as that takes the square of their length. */
const maxLength = 200;

/** The candidate that a mistyped name most likely means: at most half of it may be wrong; `_` and case do not count. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > maxLength) return undefined;
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.floor((wanted.length + 1) / 2);
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate), bestDistance);
    if (distance >= bestDistance) continue;
    bestDistance = distance;
    best = candidate;
  }
  return best === "" ? undefined : best;
}

function fold(name: string): string {
  return toBinary(name.replaceAll("_", "").toLowerCase());
}

/** Levenshtein distance; where it is more than `limit`, any number above that. */
function editDistance(a: string, b: string, limit: number): number {
  let [x, y] = a.length > b.length ? [b, a] : [a, b];
  // As in starlark-go: a text that is the start of the other is not shortened.
  for (let index = 0; index < x.length; index++) {
    if (x[index] === y[index]) continue;
    x = x.slice(index);
    y = y.slice(index);
    break;
  }
  if (x === "") return y.length;
  if (y.length - x.length > limit) return y.length - x.length;
  const row = Array.from({ length: y.length + 1 }, (_, index) => index);
  for (let i = 1; i <= x.length; i++) {
    row[0] = i;
    let best = i;
    let before = i - 1;
    for (let j = 1; j <= y.length; j++) {
      const substituted = before + (x[i - 1] === y[j - 1] ? 0 : 1);
      before = row[j] ?? 0;
      const cost = Math.min(substituted, 1 + (row[j - 1] ?? 0), 1 + before);
      row[j] = cost;
      best = Math.min(best, cost);
    }
    if (best > limit) return best;
  }
  return row[y.length] ?? 0;
}
