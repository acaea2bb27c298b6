import { BitSet } from "./bit-set.ts";
import type { ChangeRule } from "./change-rule.ts";

type Order = ChangeRule["order"];

/** Targets that an owner links to together or not at all: whoever links to a part links to all parts behind it, too. */
interface Part {
  members: readonly number[];
}

/**
 * Tells which edges of optional rules close no cycle with all edges before them. Changes are numbers; a list of changes is one more node, so that the
 * graph grows with changes and lists and not with their pairs.
 */
export class CycleGuard {
  /** By direction: what each node waits for (`after`), and what waits for it (`before`). */
  readonly #edges: Readonly<Record<Order, number[][]>>;
  readonly #lists: Readonly<Record<Order, Map<readonly number[], number>>> = { after: new Map(), before: new Map() };
  readonly #size: number;

  /** @param size changes are the numbers below it. */
  constructor(size: number) {
    const empty = (): number[][] => Array.from({ length: size }, () => []);
    this.#edges = { after: empty(), before: empty() };
    this.#size = size;
  }

  /** `owner` comes after, or before, each of `others`. */
  link(order: Order, owner: number, others: readonly number[]): void {
    const known = this.#lists[order].get(others);
    const list = known ?? this.#node();
    if (known === undefined) {
      this.#lists[order].set(others, list);
      for (const other of others) this.#link(order, list, other);
    }
    this.#link(order, owner, list);
  }

  /**
   * Links one owner after another to each of the targets where that closes no cycle. Answers with the linked targets by owner; owners with the same ones
   * share the set.
   *
   * What leads to an owner is kept from it. If any target that an earlier owner was linked to leads to this one, then so does whatever leads to the earlier
   * one; if none does, only what was kept from the earlier one can be kept from this one. Either way one of two owners is kept from all that the other is kept
   * from. So one order of parts tells the targets of all owners, and the graph is searched once.
   */
  admit(order: Order, owners: readonly number[], targets: readonly number[]): ReadonlyMap<number, BitSet> {
    const leads = this.#leadsTo(order, owners, targets);
    const parts: Part[] = [{ members: targets }];
    const firstParts = owners.map((_, owner) => firstPart(parts, (target) => leads[target]?.has(owner) === true));
    const placeOf = new Map(parts.map((part, place) => [part, place]));
    const nodes = parts.map(() => this.#node());
    const sets: BitSet[] = [];
    for (let place = parts.length - 1; place >= 0; place--) {
      const set = sets[place + 1]?.copy() ?? new BitSet(this.#size);
      const node = nodes[place] ?? 0;
      for (const target of parts[place]?.members ?? []) {
        set.add(target);
        this.#link(order, node, target);
      }
      const behind = nodes[place + 1];
      if (behind !== undefined) this.#link(order, node, behind);
      sets[place] = set;
    }
    const none = new BitSet(this.#size);
    return new Map(
      owners.map((owner, index) => {
        const first = firstParts[index];
        const place = first === undefined ? undefined : placeOf.get(first);
        if (place === undefined) return [owner, none];
        this.#link(order, owner, nodes[place] ?? 0);
        return [owner, sets[place] ?? none];
      }),
    );
  }

  #node(): number {
    this.#edges.before.push([]);
    return this.#edges.after.push([]) - 1;
  }

  #link(order: Order, from: number, to: number): void {
    const [next, previous] = order === "after" ? (["after", "before"] as const) : (["before", "after"] as const);
    this.#edges[next][from]?.push(to);
    this.#edges[previous][to]?.push(from);
  }

  /** By node that is met from `starts`: which goals it leads to or is, as places in `goals`. Nodes with the same ones may share a set. */
  #leadsTo(order: Order, goals: readonly number[], starts: readonly number[]): readonly (BitSet | undefined)[] {
    const next = this.#edges[order];
    const placeOf = new Map(goals.map((goal, place) => [goal, place]));
    const sets = Array.from<BitSet | undefined>({ length: next.length });
    /** How many edges of a node were looked at, and one more. */
    const looked = new Uint32Array(next.length);
    const path: number[] = [];
    const enter = (node: number): void => {
      if (looked[node] !== 0) return;
      looked[node] = 1;
      path.push(node);
    };
    for (const start of starts) {
      enter(start);
      for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
        const edges: readonly number[] = next[node] ?? [];
        const seen = looked[node] ?? 0;
        const target = edges[seen - 1];
        looked[node] = seen + 1;
        if (target !== undefined) {
          enter(target);
          continue;
        }
        path.pop();
        const place = placeOf.get(node);
        const joined = union(edges.map((edge) => sets[edge]));
        sets[node] = place === undefined ? joined : withPlace(joined ?? new BitSet(goals.length), place);
      }
    }
    return sets;
  }
}

/** The part that an owner's targets begin with; what leads to the owner is moved in front of it. `undefined` where every target does. */
function firstPart(parts: Part[], leadsToOwner: (target: number) => boolean): Part | undefined {
  for (let place = parts.length - 1; place >= 0; place--) {
    const part = parts[place];
    if (part === undefined || !part.members.some(leadsToOwner)) continue;
    const rest = part.members.filter((target) => !leadsToOwner(target));
    if (rest.length === 0) return parts[place + 1];
    part.members = part.members.filter(leadsToOwner);
    const behind = { members: rest };
    parts.splice(place + 1, 0, behind);
    return behind;
  }
  return parts[0];
}

function union(sets: readonly (BitSet | undefined)[]): BitSet | undefined {
  const [first, ...others] = new Set(sets.filter((set) => set !== undefined));
  if (first === undefined || others.length === 0) return first;
  const joined = first.copy();
  for (const other of others) joined.addAll(other);
  return joined;
}

function withPlace(set: BitSet, place: number): BitSet {
  const more = set.copy();
  more.add(place);
  return more;
}
