import { isMap, type KubeObject, own, uniqueKey } from "../../resource/index.ts";
import { matches } from "../config/matchers.ts";
import type { ConditionMatcher, WaitRule } from "../config/wait-rules.ts";
import { intAt, textAt } from "../fields.ts";
import { type Condition, conditionsOf, fail, observedGeneration, ok, ongoing, type WaitState } from "./wait-state.ts";

/** Told at every look whether something holds; answers since how many milliseconds it has held without a break. */
export type HeldFor = (key: string, holds: boolean) => number;

/** The state by the first wait rule that matches (kapp.md §7.4); `undefined` when none does. */
export function customState(
  object: KubeObject,
  rules: readonly WaitRule[],
  heldFor: HeldFor = () => 0,
): WaitState | undefined {
  const rule = rules.find(({ matcher }) => matches(matcher, object));
  if (rule === undefined) return undefined;
  const unseen = rule.supportsObservedGeneration ? observedGeneration(object) : undefined;
  if (unseen !== undefined) return unseen;
  return rule.script === undefined
    ? conditionState(object, rule.conditions, heldFor)
    : scriptState(object, rule.script);
}

/** A failure counts before any success, whatever the order of the matchers. */
function conditionState(object: KubeObject, matchers: readonly ConditionMatcher[], heldFor: HeldFor): WaitState {
  const generation = intAt(object, "metadata", "generation") ?? 0;
  const conditions = conditionsOf(object);
  let waitsForGeneration = false;
  const met = (matcher: ConditionMatcher): Condition[] =>
    conditions.filter((condition) => {
      if (condition.type !== matcher.type || condition.status !== matcher.status) return false;
      if (!matcher.supportsObservedGeneration || condition.observedGeneration === generation) return true;
      waitsForGeneration = true;
      return false;
    });
  const found = matchers.map((matcher) => ({ matcher, met: met(matcher) }));

  let pending: WaitState | undefined;
  for (const {
    matcher,
    met: [condition],
  } of found.filter((entry) => entry.matcher.failure)) {
    const state = failureState(object, matcher, condition, heldFor);
    if (state?.state === "fail") return state;
    pending ??= state;
  }
  let unblocks: WaitState | undefined;
  for (const {
    matcher,
    met: [condition],
  } of found) {
    if (condition === undefined) continue;
    if (matcher.success) return ok(`Encountered successful condition ${describe(condition)}`);
    if (!matcher.unblockChanges) continue;
    const { type, status, reason } = condition;
    unblocks = {
      ...ongoing(`Allowing blocked changes to proceed: Encountered condition ${type} == ${status}: ${reason}`),
      unblocks: true,
    };
  }
  if (waitsForGeneration) {
    return ongoing(`Waiting for generation ${generation} to be observed by status condition(s)`);
  }
  // The recorded releases say nothing here, so that a status does not change while nothing does.
  return unblocks ?? pending ?? ongoing("");
}

function failureState(
  object: KubeObject,
  { type, status, timeout }: ConditionMatcher,
  condition: Condition | undefined,
  heldFor: HeldFor,
): WaitState | undefined {
  const heldMs = timeout === undefined ? 0 : heldFor(`${uniqueKey(object)} ${type}=${status}`, condition !== undefined);
  if (condition === undefined) return undefined;
  const text = `Encountered failure condition ${describe(condition)}`;
  if (timeout === undefined) return fail(text);
  return heldMs >= timeout.ms
    ? fail(`${text} continuously for ${timeout.text} duration`)
    : ongoing(`${text}, which may last up to ${timeout.text}`);
}

function describe({ type, status, reason, message }: Condition): string {
  return `${type} == ${status}: ${reason} (message: ${message})`;
}

/** Calls the rule's function with the object and answers what it says. */
const caller = `#@ load("@ytt:data", "data")
#@ load("resource.star", "is_done")
state: #@ is_done(data.values)
`;

function scriptState(object: KubeObject, { text, renderYtt }: NonNullable<WaitRule["script"]>): WaitState {
  try {
    const files = [
      { path: "resource.star", text },
      { path: "config.yml", text: caller },
    ];
    const [document] = renderYtt(files, object);
    const answer = own(document, "state");
    const message = textAt(answer, "message");
    const isTrue = (key: string): boolean => isMap(answer) && own(answer, key) === true;
    if (isTrue("done")) return isTrue("successful") ? ok(message) : fail(message);
    return isTrue("unblockChanges")
      ? { ...ongoing(`Allowing blocked changes to proceed: ${message}`), unblocks: true }
      : ongoing(message);
  } catch (error) {
    return fail(`Error: Applying ytt wait rule: Evaluating: ${error instanceof Error ? error.message : String(error)}`);
  }
}
