import { DeployError } from "../failure.ts";

/**
 * Answers the changes with those that they wait for in front of them. Walks in the order of the changes and of their edges, so that
 * the text for a cycle names the same way as kapp's.
 * @throws DeployError `DEPLOY_CHANGE_CYCLE` where a change waits for itself.
 */
export function dependencyOrder(
  descriptions: readonly string[],
  waitsFor: readonly (readonly number[])[],
): Iterable<number> {
  const settled = new Set<number>();
  const name = (index: number): string => descriptions[index] ?? "";
  for (let start = 0; start < waitsFor.length; start++) {
    // An explicit stack: rule chains may be thousands long.
    const stack: { readonly index: number; next: number }[] = [];
    const onPath = new Set<number>();
    const enter = (index: number): void => {
      if (settled.has(index)) return;
      if (onPath.has(index)) {
        const path = [...stack.map((frame) => name(frame.index)), name(index)];
        throw new DeployError({ code: "DEPLOY_CHANGE_CYCLE", path, repeated: name(index) });
      }
      onPath.add(index);
      stack.push({ index, next: 0 });
    };
    enter(start);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const target = waitsFor[frame.index]?.[frame.next++];
      if (target !== undefined) enter(target);
      else {
        stack.pop();
        onPath.delete(frame.index);
        settled.add(frame.index);
      }
    }
  }
  return settled;
}
