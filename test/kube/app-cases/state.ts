import type { KubeObject } from "../kube-client.ts";
import type { RunningCase } from "./running-case.ts";

/** kapp's records of the case's namespaces and everything that carries its label, with what the case watches besides. */
export async function readState(
  run: RunningCase,
): Promise<{ readonly objects: readonly KubeObject[]; readonly records: readonly KubeObject[] }> {
  const { target, namespaces, namespace, recorded } = run;
  const labels = ["kapp.k14s.io/app", "kapp.k14s.io/is-app", "kapp.k14s.io/is-app-change"];
  const labelled = await target.listLabelled(labels, namespaces);
  // Such cases take turns, so that the definitions are this one's; of others they are none of the state.
  const hasDefinitions = [...recorded.inputs.values()].some((text) => text.includes("kcg.example.com"));
  const objects = labelled.filter(
    (object) =>
      // Labels go on to what controllers make of an object: Pods, endpoints.
      object.metadata.ownerReferences === undefined &&
      object.kind !== "Endpoints" &&
      (object.metadata.namespace !== undefined ||
        object.metadata.name.startsWith(namespace) ||
        (hasDefinitions && object.metadata.name.endsWith(".kcg.example.com"))),
  );
  for (const watched of recorded.watch) {
    const [kind = "", name = ""] = watched.split("/");
    if (objects.some((object) => object.kind === kind && object.metadata.name === name)) continue;
    const found = await target.get("v1", kind, namespace, name);
    if (found !== undefined) objects.push(found);
  }
  return { objects, records: objects.filter(({ metadata }) => metadata.labels?.["kapp.k14s.io/is-app"] !== undefined) };
}
