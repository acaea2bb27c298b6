import type { CreateStrategy, DeleteStrategy, UpdateStrategy } from "./deploy-options.ts";

const createStrategies: readonly string[] = [
  "",
  "fallback-on-update",
  "fallback-on-update-or-noop",
] satisfies CreateStrategy[];
const updateStrategies: readonly string[] = [
  "",
  "fallback-on-replace",
  "always-replace",
  "skip",
] satisfies UpdateStrategy[];
const deleteStrategies: readonly string[] = ["", "orphan"] satisfies DeleteStrategy[];

export function isCreateStrategy(text: string): text is CreateStrategy {
  return createStrategies.includes(text);
}

export function isUpdateStrategy(text: string): text is UpdateStrategy {
  return updateStrategies.includes(text);
}

export function isDeleteStrategy(text: string): text is DeleteStrategy {
  return deleteStrategies.includes(text);
}
