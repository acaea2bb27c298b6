import type { GroupKind } from "../../resource/index.ts";
import type { DeployCluster, Discovery } from "../cluster-port.ts";

/**
 * The discovery, or a new one where it does not know all of these kinds: a remembered one may be older than a CRD, and what it does not know
 * would be taken for absent (reliability.md I2).
 */
export async function discoverKinds(
  kinds: readonly GroupKind[],
  discovery: Discovery,
  cluster: DeployCluster,
  signal: AbortSignal,
): Promise<Discovery> {
  const known = new Set(discovery.types.map(keyOf));
  return kinds.every((kind) => known.has(keyOf(kind))) ? discovery : cluster.discover({ fresh: true, signal });
}

function keyOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}
