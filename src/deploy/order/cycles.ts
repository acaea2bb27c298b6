import { DeployError } from "../failure.ts";

/**
 * Walks in the order of the changes and of their edges, so that the text for a cycle names the same way as kapp's.
 * @throws DeployError `DEPLOY_CHANGE_CYCLE` where a change waits for itself.
 */
export function refuseCycles(
  descriptions: readonly string[],
  waitsFor: readonly (readonly { readonly on: readonly number[] }[])[],
): void {
  const settled = new Set<number>();
  const name = (index: number): string => descriptions[index] ?? "";
  for (let start = 0; start < waitsFor.length; start++) {
    // An explicit stack: rule chains may be thousands long.
    const stack: { readonly index: number; edge: number; next: number }[] = [];
    const onPath = new Set<number>();
    const enter = (index: number): void => {
      if (settled.has(index)) return;
      if (onPath.has(index)) {
        const path = [...stack.map((frame) => name(frame.index)), name(index)];
        throw new DeployError({ code: "DEPLOY_CHANGE_CYCLE", path, repeated: name(index) });
      }
      onPath.add(index);
      stack.push({ index, edge: 0, next: 0 });
    };
    enter(start);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const edge = waitsFor[frame.index]?.[frame.edge];
      const target = edge?.on[frame.next++];
      if (target !== undefined) enter(target);
      else if (edge !== undefined) {
        frame.edge++;
        frame.next = 0;
      } else {
        stack.pop();
        onPath.delete(frame.index);
        settled.add(frame.index);
      }
    }
  }
}
