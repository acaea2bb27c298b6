import { ConfigFault, type ConfigNode, textOf } from "./config-node.ts";

/** The kapp release whose rules are followed: what Configs may ask for. */
export const followedKappVersion = "0.63.2";

/** `minimumRequiredVersion` against the release that is followed. @throws ConfigFault in kapp's words */
export function checkMinimumVersion(node: ConfigNode): void {
  const wanted = textOf(node);
  if (wanted === "") return;
  if (wanted.startsWith("v")) {
    throw new ConfigFault("Validating minimum version: Must not have prefix 'v' (e.g. '0.8.0')");
  }
  const numbers = parseVersion(wanted);
  if (numbers === undefined) {
    throw new ConfigFault(`Parsing minimum version constraint: Malformed constraint: >=${wanted}`);
  }
  if (comesAfter(numbers, parseVersion(followedKappVersion) ?? [])) {
    throw new ConfigFault(
      `kapp version '${followedKappVersion}' does not meet the minimum required version '${wanted}'`,
    );
  }
}

/** The numbers of `1.2.3-beta+build`; what stands behind them changes nothing against a full release. */
function parseVersion(text: string): number[] | undefined {
  const match = /^(\d+(?:\.\d+)*)(?:-[0-9A-Za-z.~-]+)?(?:\+[0-9A-Za-z.~-]+)?$/.exec(text);
  return match?.[1]?.split(".").map(Number);
}

function comesAfter(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
