import { systemClock } from "../../base/index.ts";
import { planDelete, planParts, readDeleteFlags } from "../../deploy/index.ts";
import { loadConfigTools } from "../../template/index.ts";
import type { ParsedFlags } from "../flags.ts";
import { carryOut } from "./carry-out.ts";
import type { KappContext } from "./context.ts";
import { ExitStatus } from "./exit-status.ts";
import type { Output } from "./output.ts";
import { appOf, engineFlags, usable, withCluster } from "./session.ts";

/** `kapp delete`. An app that is not there is no failure. @throws ExitStatus where that was asked for. */
export async function deleteApp(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  const options = usable(readDeleteFlags(engineFlags(flags)));
  await withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const { signal } = context;
    const deps = { clock: systemClock, random: Math.random, ...(await loadConfigTools()) };
    const plan = await planDelete({ app: appOf(flags, namespace, context), options }, cluster, deps, { signal });
    for (const part of planParts(plan)) output.print(part);
    if (plan.stored === undefined) return;
    const hasChanges = plan.changes.length > 0;
    if (options.diffRun) {
      if (flags.has("diff-exit-status")) throw new ExitStatus("diffing", hasChanges);
      return;
    }
    if (!flags.has("yes")) await output.confirm();
    await carryOut(plan, cluster, output, signal);
    if (flags.has("apply-exit-status")) throw new ExitStatus("applying", hasChanges);
  });
}
