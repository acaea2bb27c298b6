import { compareCodePoints, nameOf } from "../../resource/index.ts";
import { type DeployCluster, type Discovery, isApiFailure } from "../cluster-port.ts";
import { textAt } from "../fields.ts";

/** `Target cluster 'URL' (nodes: oldest, 2+)`; without the nodes for those who may not list them (kapp.md §11.1). */
export async function describeTarget(
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<string> {
  const line = `Target cluster '${cluster.server}'`;
  const type = discovery.types.find(({ group, kind }) => group === "" && kind === "Node");
  if (type === undefined) return line;
  try {
    const nodes = await cluster.list(type, { metadataOnly: true, signal });
    const names = nodes
      .map((node) => ({ name: nameOf(node), created: textAt(node, "metadata", "creationTimestamp") }))
      .sort((a, b) => compareCodePoints(a.created, b.created) || compareCodePoints(a.name, b.name));
    const oldest = names[0]?.name;
    if (oldest === undefined) return line;
    return `${line} (nodes: ${oldest}${names.length > 1 ? `, ${names.length - 1}+` : ""})`;
  } catch (error) {
    // A line for people: a deploy does not fail for it.
    if (isApiFailure(error)) return line;
    throw error;
  }
}
