import { compareCodePoints, describeResource, type KubeObject, uniqueKey } from "../../resource/index.ts";
import type { ChangeGroupBinding, ChangeRuleBinding } from "../config/change-rules.ts";
import { matches } from "../config/matchers.ts";
import { BitSet } from "./bit-set.ts";
import { componentsOf } from "./components.ts";
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
  const builder = new GraphBuilder(nodes, groupBindings);
  const rules = allRules(nodes, ruleBindings);
  const required = rules.filter((rule) => !rule.ignoreIfCyclical);
  for (const rule of required) builder.require(rule);
  refuseCycles(
    nodes.map((node) => describeResource(node.object)),
    builder.edges,
  );
  const offered = [...required, ...rules.filter(({ ignoreIfCyclical }) => ignoreIfCyclical)];
  const components = builder.componentsWith(offered);
  for (const rule of offered) builder.offer(rule, components);
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

/** The changes of one change group. */
interface Group {
  readonly number: number;
  readonly members: number[];
  readonly bits: BitSet;
  /** Changes that wait for all of them. */
  readonly waiters: number[];
}

/** By change: what lies on a cycle, if all rules were followed, has the same number; and how many changes have a number. */
interface Components {
  readonly of: Uint32Array;
  readonly sizes: ReadonlyMap<number, number>;
}

/** Visits the changes beside one, as lists; what several share need be visited once. */
type Neighbours = (index: number, visit: (list: readonly number[]) => void) => void;

/**
 * Default rules put thousands of changes behind thousands of others. What waits for a whole group shares the list of its members, so that time and
 * memory grow with changes and rules, not with their pairs. Whether an edge closes a cycle is asked only among changes that lie on one when all
 * rules are followed: usually none.
 */
class GraphBuilder {
  readonly edges: OrderEdge[][];
  readonly #nodes: readonly GraphNode[];
  readonly #groups = new Map<string, Group>();
  readonly #groupsOf: Group[][];
  /** What a change waits for directly. */
  readonly #direct: (BitSet | undefined)[];
  /** Changes that wait for this one by another way than its whole group. */
  readonly #waiters: number[][];
  /** The last round of looking round in which a change was reached. */
  readonly #marks: Uint32Array;
  #round = 0;

  constructor(nodes: readonly GraphNode[], groupBindings: readonly ChangeGroupBinding[]) {
    this.#nodes = nodes;
    this.edges = nodes.map(() => []);
    this.#groupsOf = nodes.map(() => []);
    this.#direct = nodes.map(() => undefined);
    this.#waiters = nodes.map(() => []);
    this.#marks = new Uint32Array(nodes.length);
    nodes.forEach(({ object, op }, index) => {
      if (op === "noop") return;
      for (const name of groupsOf(object, groupBindings)) this.#join(`${op} ${name}`, index);
    });
  }

  /** Adds the edges of a rule among the changes that really happen, come what may: a cycle among them is an error. */
  require(owned: OwnedRule): void {
    const isActive = (index: number): boolean => this.#nodes[index]?.active === true;
    if (isActive(owned.owner)) this.#add(owned, isActive, false);
  }

  /** As if every edge of these rules were there. A group stands for its members: once to be waited for, once to wait. */
  componentsWith(rules: readonly OwnedRule[]): Components {
    const size = this.#nodes.length;
    const wholeOf = (group: Group): number => size + 2 * group.number;
    const eachOf = (group: Group): number => wholeOf(group) + 1;
    const next: number[][] = Array.from({ length: size + 2 * this.#groups.size }, () => []);
    for (const group of this.#groups.values()) next[wholeOf(group)] = group.members;
    this.#groupsOf.forEach((groups, index) => next[index]?.push(...groups.map(eachOf)));
    for (const { rule, owner } of rules) {
      const group = this.#membersOf(rule);
      if (group === undefined) continue;
      if (rule.order === "after") next[owner]?.push(wholeOf(group));
      else next[eachOf(group)]?.push(owner);
    }
    const of = componentsOf(next.length, (node) => next[node] ?? []).subarray(0, size);
    const sizes = new Map<number, number>();
    for (const component of of) sizes.set(component, (sizes.get(component) ?? 0) + 1);
    return { of, sizes };
  }

  /** Adds the edges of a rule that close no cycle. */
  offer(owned: OwnedRule, components: Components): void {
    const { rule, owner } = owned;
    const group = this.#membersOf(rule);
    if (group === undefined) return;
    if (rule.order === "after" && this.#directOf(owner).covers(group.bits)) return;
    const isAlone = components.sizes.get(components.of[owner] ?? 0) === 1;
    const reached = isAlone ? 0 : this.#mark(owner, rule.order, components.of);
    const accepts = (other: number): boolean => other !== owner && (isAlone || this.#marks[other] !== this.#round);
    this.#add(owned, accepts, reached === 0 && !group.bits.has(owner));
  }

  #join(key: string, index: number): void {
    const number = this.#groups.size;
    const made = { number, members: [], bits: new BitSet(this.#nodes.length), waiters: [] };
    const group = this.#groups.get(key) ?? made;
    this.#groups.set(key, group);
    group.members.push(index);
    group.bits.add(index);
    this.#groupsOf[index]?.push(group);
  }

  #membersOf({ target, group }: ChangeRule): Group | undefined {
    return this.#groups.get(`${target === "upserting" ? "upsert" : "delete"} ${group}`);
  }

  #add({ rule, owner, source }: OwnedRule, accepts: (other: number) => boolean, acceptsAll: boolean): void {
    const group = this.#membersOf(rule);
    if (group === undefined) return;
    if (rule.order === "after") {
      const reason = `after ${rule.target} ${rule.group} (${source})`;
      const direct = this.#directOf(owner);
      if (acceptsAll) {
        this.edges[owner]?.push({ on: group.members, reason });
        group.waiters.push(owner);
        direct.addAll(group.bits);
        return;
      }
      const on = group.members.filter((target) => !direct.has(target) && accepts(target));
      if (on.length === 0) return;
      this.edges[owner]?.push({ on, reason });
      for (const target of on) {
        this.#waiters[target]?.push(owner);
        direct.add(target);
      }
      return;
    }
    const reason = `after ${describeResource(this.#nodes[owner]?.object ?? {})}, which comes before ${rule.target} ${rule.group} (${source})`;
    const on = [owner];
    for (const waiter of group.members) {
      const direct = this.#directOf(waiter);
      if (direct.has(owner) || !accepts(waiter)) continue;
      direct.add(owner);
      this.edges[waiter]?.push({ on, reason });
      this.#waiters[owner]?.push(waiter);
    }
  }

  #directOf(index: number): BitSet {
    return (this.#direct[index] ??= new BitSet(this.#nodes.length));
  }

  /** Marks what waits for a change (`after`), or what it waits for, directly or not, within its component; answers how many there are. */
  #mark(start: number, order: ChangeRule["order"], components: Uint32Array): number {
    return this.#walk(start, components, order === "after" ? this.#behind() : this.#ahead());
  }

  #behind(): Neighbours {
    const seen = new Set<Group>();
    return (index, visit) => {
      visit(this.#waiters[index] ?? []);
      for (const group of this.#groupsOf[index] ?? []) {
        if (group.waiters.length === 0 || seen.has(group)) continue;
        seen.add(group);
        visit(group.waiters);
      }
    };
  }

  #ahead(): Neighbours {
    const seen = new Set<readonly number[]>();
    return (index, visit) => {
      for (const { on } of this.edges[index] ?? []) {
        if (seen.has(on)) continue;
        seen.add(on);
        visit(on);
      }
    };
  }

  #walk(start: number, components: Uint32Array, next: Neighbours): number {
    const round = ++this.#round;
    const component = components[start];
    const open = [start];
    let reached = 0;
    const visit = (list: readonly number[]): void => {
      for (const other of list) {
        if (this.#marks[other] === round || components[other] !== component) continue;
        this.#marks[other] = round;
        reached++;
        open.push(other);
      }
    };
    for (let index = open.pop(); index !== undefined; index = open.pop()) next(index, visit);
    return reached;
  }
}
