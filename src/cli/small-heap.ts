import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of below two thousand small objects the heap stays small by itself. */
const large = { bytes: 512 * 1024, changes: 2_000 };

/**
 * Thousands of objects leave garbage by the hundred megabytes, which V8 does not collect while memory is plenty. For an App of that size it collects early from
 * here on: half the memory, for up to a third more of the time that this process computes.
 * @param size of the App's YAML, or its plan.
 */
export function keepHeapSmall(size: { readonly bytes: number } | { readonly changes: readonly unknown[] }): void {
  const isLarge = "bytes" in size ? size.bytes > large.bytes : size.changes.length > large.changes;
  if (!isLarge) return;
  setFlagsFromString("--optimize-for-size");
  // How far the heap may grow is decided at each collection; the first of its own would come late.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
