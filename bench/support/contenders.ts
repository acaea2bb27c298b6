/** Ways to deploy an App that benchmarks compare. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/index.ts";
import type { Cluster } from "../../src/cluster/index.ts";
import {
  applyPlan,
  type AppTarget,
  type DeletionPlan,
  type DeploymentPlan,
  parseDeleteOptions,
  parseDeployOptions,
  planDelete,
  planDeploy,
} from "../../src/deploy/index.ts";
import { isMap, parseYamlStream, type SourcedResource } from "../../src/resource/index.ts";

const run = promisify(execFile);
const deps = { clock: systemClock, random: Math.random };
const deadlineMs = 120_000;

/** One way to deploy. */
export interface Contender {
  readonly name: string;
  readonly namespace: string;
  /** Takes long and does less: once, and these steps only. */
  readonly onlyOnce?: readonly string[];
  deploy(file: string, yaml: string): Promise<unknown>;
  delete(): Promise<unknown>;
}

/** The engine through its door, in a process that has done it before. */
export function warmLateen(cluster: Cluster, namespace: string): Contender {
  const app: AppTarget = { name: "bench.app", stateNamespace: namespace, defaultNamespace: namespace };
  const carryOut = async (plan: DeploymentPlan | DeletionPlan, signal: AbortSignal): Promise<void> => {
    const events = applyPlan(plan, cluster, deps, { signal });
    let step = await events.next();
    while (step.done !== true) step = await events.next();
    if (step.value.state !== "succeeded") throw new Error(`the deploy ended as ${JSON.stringify(step.value)}`);
  };
  return {
    name: "lateen, warm process",
    namespace,
    async deploy(_file, yaml) {
      const signal = AbortSignal.timeout(deadlineMs);
      const parsed = parseDeployOptions({ rawOptions: [] });
      if ("failure" in parsed) throw new Error("no options are always good");
      const input = { app, resources: readResources(yaml), options: parsed.options };
      await carryOut(await planDeploy(input, cluster, deps, { signal }), signal);
    },
    async delete() {
      const signal = AbortSignal.timeout(deadlineMs);
      const parsed = parseDeleteOptions({ rawOptions: [] });
      if ("failure" in parsed) throw new Error("no options are always good");
      await carryOut(await planDelete({ app, options: parsed.options }, cluster, deps, { signal }), signal);
    },
  };
}

function readResources(yaml: string): readonly SourcedResource[] {
  const { documents, diagnostics } = parseYamlStream(yaml, { file: "input.yml" });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return documents.map(({ value, document, line }) => {
    if (!isMap(value)) throw new Error("a document is no map");
    return { object: value, origin: { file: "input.yml", document, line } };
  });
}

/** The real one, from the PATH. */
export function kapp(kubeconfig: string, namespace: string): Contender {
  const call = (args: readonly string[]): Promise<unknown> =>
    run("kapp", [...args, "-a", "bench", "-n", namespace, "--yes", "--kubeconfig", kubeconfig], {
      maxBuffer: 64 << 20,
    });
  return {
    name: "kapp",
    namespace,
    deploy: (file) => call(["deploy", "-f", file]),
    delete: () => call(["delete"]),
  };
}
