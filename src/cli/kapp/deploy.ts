import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../base/index.ts";
import type { Cluster } from "../../cluster/index.ts";
import {
  type AppTarget,
  DeployError,
  planDeploy,
  planParts,
  readAppMetadata,
  readDeployFlags,
} from "../../deploy/index.ts";
import { loadConfigTools } from "../../template/index.ts";
import type { ParsedFlags } from "../flags.ts";
import { carryOut } from "./carry-out.ts";
import type { KappContext } from "./context.ts";
import { ExitStatus } from "./exit-status.ts";
import { readResources } from "./input.ts";
import type { Output } from "./output.ts";
import { appOf, engineFlags, usable, withCluster } from "./session.ts";

/** `kapp deploy`: plan, show, ask, apply (kapp.md §0). @throws ExitStatus where that was asked for. */
export async function deployApp(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  const options = usable(readDeployFlags(engineFlags(flags)));
  await withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const { signal } = context;
    const app = appOf(flags, namespace, context);
    const resources = readResources(flags.list("file"), context);
    const deps = { clock: systemClock, random: Math.random, ...(await loadConfigTools()) };
    const plan = await planDeploy({ app, resources, options }, cluster, deps, { signal });
    for (const part of planParts(plan)) output.print(part);
    if (plan.notAllowed.length > 0) throw new DeployError({ code: "DEPLOY_INPUT_INVALID", errors: plan.notAllowed });
    const hasChanges = plan.changes.length > 0;
    const metadataFile = flags.text("app-metadata-file-output");
    const writeMetadata = async (): Promise<void> => {
      if (metadataFile !== "") await writeRecord(resolve(context.cwd, metadataFile), app, cluster, signal);
    };
    if (options.diffRun) {
      await writeMetadata();
      if (flags.has("diff-exit-status")) throw new ExitStatus("diffing", hasChanges);
    } else {
      if (hasChanges && !flags.has("yes")) await output.confirm();
      try {
        // Without changes too: a record that is missing is written.
        await carryOut(plan, cluster, output, signal);
      } catch (error) {
        // The deploy's failure is what has to be told.
        await writeMetadata().catch(() => undefined);
        throw error;
      }
      await writeMetadata();
    }
    if (flags.has("apply-exit-status")) throw new ExitStatus("applying", hasChanges);
  });
}

async function writeRecord(path: string, app: AppTarget, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const text = await readAppMetadata(app, cluster, { signal });
  if (text !== undefined) writeFileSync(path, text);
}
