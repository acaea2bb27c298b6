import { compareCodePoints, describeResource, type KubeObject, uniqueKey } from "../../resource/index.ts";
import type { ChangeGroupBinding, ChangeRuleBinding } from "../config/change-rules.ts";
import { matches } from "../config/matchers.ts";
import { BitSet } from "./bit-set.ts";
import { type ChangeRule } from "./change-rule.ts";
import { dependencyOrder } from "./cycles.ts";
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
  const order = dependencyOrder(
    nodes.map((node) => describeResource(node.object)),
    builder.targets(),
  );
  builder.indexReachability(order);
  for (const rule of required) builder.offer(rule);
  for (const rule of rules.filter(({ ignoreIfCyclical }) => ignoreIfCyclical)) builder.offer(rule);
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

class GraphBuilder {
  readonly edges: OrderEdge[][];
  readonly #nodes: readonly GraphNode[];
  readonly #members = new Map<string, number[]>();
  readonly #direct: BitSet[];
  /** Everything that a node waits for, directly or not; and everything that waits for it. */
  readonly #ahead: BitSet[];
  readonly #behind: BitSet[];

  constructor(nodes: readonly GraphNode[], groupBindings: readonly ChangeGroupBinding[]) {
    this.#nodes = nodes;
    this.edges = nodes.map(() => []);
    const sets = (): BitSet[] => nodes.map(() => new BitSet(nodes.length));
    this.#direct = sets();
    this.#ahead = sets();
    this.#behind = sets();
    nodes.forEach(({ object, op }, index) => {
      if (op === "noop") return;
      for (const group of groupsOf(object, groupBindings)) {
        const key = `${op} ${group}`;
        const members = this.#members.get(key);
        if (members === undefined) this.#members.set(key, [index]);
        else members.push(index);
      }
    });
  }

  /** Adds the edges of a rule among the changes that really happen, come what may: a cycle among them is an error. */
  require(owned: OwnedRule): void {
    this.#add(owned, (waiter, target) => this.#isActive(waiter) && this.#isActive(target));
  }

  /** Adds the edges of a rule that close no cycle. */
  offer(owned: OwnedRule): void {
    this.#add(owned, (waiter, target) => waiter !== target && !this.#ahead[target]?.has(waiter), true);
  }

  targets(): number[][] {
    return this.edges.map((edges) => edges.flatMap((edge) => edge.on));
  }

  /** From here on cycles are asked for: fills in what waits for what by way of others. `order`: those waited for come first. */
  indexReachability(order: Iterable<number>): void {
    for (const index of order) {
      const ahead = this.#ahead[index];
      if (ahead === undefined) continue;
      for (const target of (this.edges[index] ?? []).flatMap((edge) => edge.on)) {
        ahead.add(target);
        const further = this.#ahead[target];
        if (further !== undefined) ahead.addAll(further);
      }
      for (const target of ahead.values()) this.#behind[target]?.add(index);
    }
  }

  #isActive(index: number): boolean {
    return this.#nodes[index]?.active === true;
  }

  #add(owned: OwnedRule, accepts: (waiter: number, target: number) => boolean, indexed = false): void {
    const { rule, owner, source } = owned;
    const op = rule.target === "upserting" ? "upsert" : "delete";
    const members = this.#members.get(`${op} ${rule.group}`) ?? [];
    if (rule.order === "after") {
      this.#link(owner, members, `after ${rule.target} ${rule.group} (${source})`, accepts, indexed);
      return;
    }
    const reason = `after ${describeResource(this.#nodes[owner]?.object ?? {})}, which comes before ${rule.target} ${rule.group} (${source})`;
    for (const waiter of members) this.#link(waiter, [owner], reason, accepts, indexed);
  }

  #link(
    waiter: number,
    targets: readonly number[],
    reason: string,
    accepts: (waiter: number, target: number) => boolean,
    indexed: boolean,
  ): void {
    const direct = this.#direct[waiter];
    if (direct === undefined) return;
    const on: number[] = [];
    for (const target of targets) {
      if (direct.has(target) || !accepts(waiter, target)) continue;
      direct.add(target);
      on.push(target);
      if (indexed) this.#reach(waiter, target);
    }
    if (on.length > 0) this.edges[waiter]?.push({ on, reason });
  }

  #reach(waiter: number, target: number): void {
    const ahead = this.#ahead[waiter];
    const behind = this.#behind[waiter];
    const further = this.#ahead[target];
    if (ahead === undefined || behind === undefined || further === undefined || ahead.has(target)) return;
    const gained = [target, ...further.values()];
    for (const from of [waiter, ...behind.values()]) {
      const reached = this.#ahead[from];
      reached?.add(target);
      reached?.addAll(further);
      for (const to of gained) this.#behind[to]?.add(from);
    }
  }
}
