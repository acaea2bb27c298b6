import { compareCodePoints, describeResource, type KubeObject, uniqueKey } from "../../resource/index.ts";
import type { ChangeGroupBinding, ChangeRuleBinding } from "../config/change-rules.ts";
import { matches } from "../config/matchers.ts";
import { BitSet } from "./bit-set.ts";
import { componentsOf } from "./components.ts";
import { CycleGuard } from "./cycle-guard.ts";
import type { ChangeRule } from "./change-rule.ts";
import { refuseCycles } from "./cycles.ts";
import { annotatedRules, groupsOf, ruleFor } from "./group-members.ts";

/** What the graph knows of a change. */
export interface GraphNode {
  /** Its new form, or the existing one for deletes: annotations are read from it. */
  readonly object: KubeObject;
  readonly op: "upsert" | "delete" | "noop";
  /** Whether it is written or waited for. Others only pass the order on (design.md §9). */
  readonly active: boolean;
}

/** Changes that one change waits for, and the rule that says so. */
export interface OrderEdge {
  readonly on: readonly number[];
  /** `after upserting cert-manager (annotation kapp.k14s.io/change-rule.create-order of …)`. */
  readonly reason: string;
}

export interface ChangeGraph {
  /** Per node, by rule. */
  readonly waitsFor: readonly (readonly OrderEdge[])[];
}

/**
 * Works out which change waits for which (kapp.md §5). Unlike kapp an unchanged resource stays in the chain: a not ready one is
 * waited for, a ready one passes the order on; where such a link would close a cycle it is left out, as kapp has none at all.
 * @throws DeployError `DEPLOY_RULE_INVALID`, `DEPLOY_CHANGE_CYCLE`.
 */
export function buildChangeGraph(
  nodes: readonly GraphNode[],
  groupBindings: readonly ChangeGroupBinding[],
  ruleBindings: readonly ChangeRuleBinding[],
): ChangeGraph {
  const rules = allRules(nodes, ruleBindings);
  const required = rules.filter((rule) => !rule.ignoreIfCyclical);
  const builder = new GraphBuilder(nodes, groupBindings);
  for (const rule of required) builder.require(rule);
  refuseCycles(
    nodes.map((node) => describeResource(node.object)),
    builder.edges,
  );
  // Rules with one target stand together: the graph is searched once for all of them.
  builder.offer([...required.toSorted(byTarget), ...rules.filter(({ ignoreIfCyclical }) => ignoreIfCyclical)]);
  return { waitsFor: builder.edges };
}

interface OwnedRule {
  readonly owner: number;
  readonly rule: ChangeRule;
  readonly weight: number;
  readonly ignoreIfCyclical: boolean;
  readonly source: string;
}

/** kapp's weight of the first binding; annotations weigh nothing. */
const bindingWeight = 100;

function allRules(nodes: readonly GraphNode[], bindings: readonly ChangeRuleBinding[]): OwnedRule[] {
  const rules: OwnedRule[] = [];
  nodes.forEach(({ object, op }, owner) => {
    if (op === "noop") return;
    for (const { rule, key } of annotatedRules(object)) {
      rules.push({ owner, rule, weight: 0, ignoreIfCyclical: false, source: `annotation ${key}` });
    }
    bindings.forEach((binding, index) => {
      if (!matches(binding.matcher, object)) return;
      for (const text of binding.rules) {
        // A rule for the other action needs no values for its placeholders either.
        if (!text.startsWith(`${op} `)) continue;
        rules.push({
          owner,
          rule: ruleFor(text, object),
          weight: bindingWeight + index,
          ignoreIfCyclical: binding.ignoreIfCyclical,
          source: binding.source ?? "default rule",
        });
      }
    });
  });
  return rules.filter(({ rule, owner }) => rule.action === nodes[owner]?.op).sort(byWeightAndKey(nodes));
}

/** Which rule gives the reason for an edge, and which optional edge gives way, must not depend on the order of the input. */
function byWeightAndKey(nodes: readonly GraphNode[]): (a: OwnedRule, b: OwnedRule) => number {
  const keys = nodes.map((node) => uniqueKey(node.object));
  return (a, b) => b.weight - a.weight || compareCodePoints(keys[a.owner] ?? "", keys[b.owner] ?? "");
}

function byTarget(a: OwnedRule, b: OwnedRule): number {
  const key = ({ rule }: OwnedRule): string => `${rule.order} ${rule.target} ${rule.group}`;
  return compareCodePoints(key(a), key(b));
}

/** Changes that a rule reaches. */
interface Targets {
  readonly members: readonly number[];
  readonly bits: BitSet;
}

/** The changes of one change group. */
interface Group extends Targets {
  readonly number: number;
  readonly members: number[];
}

/** A rule and the changes that it reaches. */
interface Offer {
  readonly owned: OwnedRule;
  readonly group: Group;
}

/** Offers one after another that point the same way, and to the same groups from each owner. */
interface Run {
  readonly order: ChangeRule["order"];
  readonly groups: readonly Group[];
  readonly offers: Offer[];
}

/**
 * Default rules put thousands of changes behind thousands of others. What waits for a whole group, or for the same part of it, shares the list of its
 * members, so that time and memory grow with changes and rules, not with their pairs. Whether an edge closes a cycle is asked only of changes that lie
 * on one when all rules are followed: usually none.
 */
class GraphBuilder {
  readonly edges: OrderEdge[][];
  readonly #nodes: readonly GraphNode[];
  readonly #groups = new Map<string, Group>();
  readonly #groupsOf: Group[][];
  /** What a change waits for directly. */
  readonly #direct: (BitSet | undefined)[];
  /** The changes that really happen. */
  readonly #active: BitSet;
  /** By set: the members of each group that are in it. */
  readonly #parts = new Map<BitSet, Map<Group, Targets>>();
  readonly #guard: CycleGuard;

  constructor(nodes: readonly GraphNode[], groupBindings: readonly ChangeGroupBinding[]) {
    this.#nodes = nodes;
    this.edges = nodes.map(() => []);
    this.#groupsOf = nodes.map(() => []);
    this.#direct = nodes.map(() => undefined);
    this.#active = new BitSet(nodes.length);
    this.#guard = new CycleGuard(nodes.length);
    nodes.forEach(({ object, op, active }, index) => {
      if (active) this.#active.add(index);
      if (op === "noop") return;
      for (const name of groupsOf(object, groupBindings)) this.#join(`${op} ${name}`, index);
    });
  }

  /** Adds the edges of a rule among the changes that really happen, come what may: a cycle among them is an error. */
  require(owned: OwnedRule): void {
    const group = this.#groupOf(owned);
    if (group === undefined || !this.#active.has(owned.owner)) return;
    const targets = this.#partOf(group, this.#active);
    this.#add(owned, targets);
    this.#guard.link(owned.rule.order, owned.owner, targets.members);
  }

  /** Adds those edges of the rules that close no cycle with the ones before. */
  offer(rules: readonly OwnedRule[]): void {
    const onCycle = this.#onCycle(rules);
    for (const run of runsOf(this.#byOwner(rules))) {
      const admitted = this.#admit(run, onCycle);
      for (const { owned, group } of run.offers) {
        const accepted = admitted.get(owned.owner);
        this.#add(owned, accepted === undefined ? group : this.#partOf(group, accepted));
      }
    }
  }

  /** All its edges are there already. */
  #isRequired({ owner, ignoreIfCyclical }: OwnedRule, group: Group): boolean {
    if (ignoreIfCyclical || !this.#active.has(owner)) return false;
    return this.#partOf(group, this.#active).members.length === group.members.length;
  }

  /** By owner, what its rules may reach. Absent for owners that are on no cycle: theirs may reach all. */
  #admit({ order, groups, offers }: Run, onCycle: BitSet): ReadonlyMap<number, BitSet> {
    const targets = new BitSet(this.#nodes.length);
    for (const { bits } of groups) targets.addAll(bits);
    const owners = new Set(offers.map(({ owned }) => owned.owner));
    const guarded = [...owners].filter((owner) => onCycle.has(owner) || targets.has(owner));
    return guarded.length === 0 ? new Map() : this.#guard.admit(order, guarded, targets.members());
  }

  /** Offers of one owner that stand together and point the same way. */
  #byOwner(rules: readonly OwnedRule[]): Run[] {
    const runs: { order: ChangeRule["order"]; groups: Group[]; offers: Offer[] }[] = [];
    for (const owned of rules) {
      const group = this.#groupOf(owned);
      if (group === undefined || this.#isRequired(owned, group)) continue;
      const { order } = owned.rule;
      const last = runs.at(-1);
      if (last?.order === order && last.offers[0]?.owned.owner === owned.owner) {
        last.groups.push(group);
        last.offers.push({ owned, group });
      } else runs.push({ order, groups: [group], offers: [{ owned, group }] });
    }
    return runs;
  }

  /** Changes that would lie on a cycle if every edge of these rules were there. A group stands for its members: once to be waited for, once to wait. */
  #onCycle(rules: readonly OwnedRule[]): BitSet {
    const size = this.#nodes.length;
    const wholeOf = (group: Group): number => size + 2 * group.number;
    const eachOf = (group: Group): number => wholeOf(group) + 1;
    const next: number[][] = Array.from({ length: size + 2 * this.#groups.size }, () => []);
    for (const group of this.#groups.values()) next[wholeOf(group)] = group.members;
    this.#groupsOf.forEach((groups, index) => next[index]?.push(...groups.map(eachOf)));
    for (const owned of rules) {
      const group = this.#groupOf(owned);
      if (group === undefined) continue;
      if (owned.rule.order === "after") next[owned.owner]?.push(wholeOf(group));
      else next[eachOf(group)]?.push(owned.owner);
    }
    const components = componentsOf(next.length, (node) => next[node] ?? []).subarray(0, size);
    const sizes = new Map<number, number>();
    for (const component of components) sizes.set(component, (sizes.get(component) ?? 0) + 1);
    const onCycle = new BitSet(size);
    components.forEach((component, index) => {
      if (sizes.get(component) !== 1) onCycle.add(index);
    });
    return onCycle;
  }

  #join(key: string, index: number): void {
    const group = this.#groups.get(key) ?? this.#newGroup(key);
    group.members.push(index);
    group.bits.add(index);
    this.#groupsOf[index]?.push(group);
  }

  #newGroup(key: string): Group {
    const group = { number: this.#groups.size, members: [], bits: new BitSet(this.#nodes.length) };
    this.#groups.set(key, group);
    return group;
  }

  #groupOf({ rule: { target, group } }: OwnedRule): Group | undefined {
    return this.#groups.get(`${target === "upserting" ? "upsert" : "delete"} ${group}`);
  }

  #partOf(group: Group, set: BitSet): Targets {
    const parts = this.#parts.get(set) ?? new Map<Group, Targets>();
    this.#parts.set(set, parts);
    const known = parts.get(group);
    if (known !== undefined) return known;
    const part = { members: group.members.filter((member) => set.has(member)), bits: group.bits.and(set) };
    parts.set(group, part);
    return part;
  }

  #add({ rule, owner, source }: OwnedRule, { members, bits }: Targets): void {
    if (rule.order === "after") {
      const direct = this.#directOf(owner);
      if (direct.covers(bits)) return;
      this.edges[owner]?.push({ on: members, reason: `after ${rule.target} ${rule.group} (${source})` });
      direct.addAll(bits);
      return;
    }
    const reason = `after ${describeResource(this.#nodes[owner]?.object ?? {})}, which comes before ${rule.target} ${rule.group} (${source})`;
    const edge = { on: [owner], reason };
    for (const waiter of members) {
      const direct = this.#directOf(waiter);
      if (direct.has(owner)) continue;
      direct.add(owner);
      this.edges[waiter]?.push(edge);
    }
  }

  #directOf(index: number): BitSet {
    return (this.#direct[index] ??= new BitSet(this.#nodes.length));
  }
}

/** Joins those one after another that point the same way and to the same groups. */
function runsOf(byOwner: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const next of byOwner) {
    const run = runs.at(-1);
    const isSame =
      run?.order === next.order &&
      run.groups.length === next.groups.length &&
      run.groups.every((group, place) => group === next.groups[place]);
    if (isSame) run.offers.push(...next.offers);
    else runs.push(next);
  }
  return runs;
}
