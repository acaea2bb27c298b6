/**
 * The strongly connected components of a graph: nodes that lead to one another have the same number. Tarjan's algorithm with an explicit stack,
 * since chains may be thousands long.
 * @param next the nodes that a node leads to.
 */
export function componentsOf(size: number, next: (node: number) => readonly number[]): Uint32Array {
  const unseen = 0;
  const component = new Uint32Array(size);
  /** In the order of being found, from 1. */
  const found = new Uint32Array(size);
  /** The earliest found node of the open ones that a node leads to. */
  const lowest = new Uint32Array(size);
  const isOpen = new Uint8Array(size);
  const open: number[] = [];
  let count = 0;
  let components = 0;

  const walk = (start: number): void => {
    const path: { readonly node: number; readonly next: readonly number[]; at: number }[] = [];
    const enter = (node: number): void => {
      count++;
      found[node] = lowest[node] = count;
      isOpen[node] = 1;
      open.push(node);
      path.push({ node, next: next(node), at: 0 });
    };
    const lower = (node: number, to: number): void => {
      if (to < (lowest[node] ?? 0)) lowest[node] = to;
    };
    const close = (node: number): void => {
      components++;
      for (let last = open.pop(); last !== undefined; last = open.pop()) {
        isOpen[last] = 0;
        component[last] = components;
        if (last === node) return;
      }
    };
    enter(start);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const target = frame.next[frame.at++];
      if (target !== undefined) {
        if (found[target] === unseen) enter(target);
        else if (isOpen[target] === 1) lower(frame.node, found[target] ?? 0);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, lowest[frame.node] ?? 0);
      if (lowest[frame.node] === found[frame.node]) close(frame.node);
    }
  };
  for (let node = 0; node < size; node++) if (found[node] === unseen) walk(node);
  return component;
}
