import { DeployError } from "../failure.ts";

/** kapp's preflight checks, in the order in which they are told. All are off by default (kapp.md §8). */
export const preflightChecks = ["PermissionValidation", "CRDUpgradeSafety"] as const;

export type PreflightCheck = (typeof preflightChecks)[number];

export function isPreflightCheck(name: string): name is PreflightCheck {
  return preflightChecks.some((check) => check === name);
}

/**
 * Checks what the `preflightRules` of all Configs of a deploy name.
 * @throws DeployError `DEPLOY_PREFLIGHT_RULE` for a name that is unknown or given twice.
 */
export function checkPreflightRules(names: readonly string[]): void {
  const found = new Set<string>();
  for (const check of names) {
    if (!isPreflightCheck(check)) throw new DeployError({ code: "DEPLOY_PREFLIGHT_RULE", check, problem: "unknown" });
    if (found.has(check)) throw new DeployError({ code: "DEPLOY_PREFLIGHT_RULE", check, problem: "duplicate" });
    found.add(check);
  }
}
