import { planApp } from "../../reconcile/index.ts";
import { addAppOptions, type AppOptions, withApp } from "../app-options.ts";
import type { DefineCommand } from "../command.ts";
import { CommandError, exitCodes } from "../exit-code.ts";
import { escapeControls } from "../terminal.ts";
import { summarizeChanges } from "../timeline.ts";

export const defineDiff: DefineCommand = (command, context) => {
  addAppOptions(command, { target: true })
    .description(
      `Shows what a deploy of an App would change, field by field, in kapp's order; writes nothing. Values of Secrets are masked. The exit code is ${exitCodes.changes} if there are changes.`,
    )
    .addHelpText(
      "after",
      `
Examples:
  lateen diff -f app.yml -f prod-kubeconfig.yml
  lateen diff -f app.yml --kubeconfig prod.kubeconfig && echo nothing to do
`,
    )
    .action((options: AppOptions) =>
      withApp(options, context, async ({ app, deps }) => {
        const plan = await planApp(app, deps, { signal: context.signal });
        if ("error" in plan) throw new CommandError(plan.usefulErrorMessage);
        const changes = plan.changes.filter(({ op }) => op !== "noop");
        for (const { op, resource, diff, reasons } of changes) {
          context.terminal.out(escapeControls(`@@ ${op} ${resource} @@`));
          for (const line of [...reasons.map((reason) => `# ${reason}`), ...diff])
            context.terminal.out(escapeControls(line));
        }
        for (const line of plan.text.trimEnd().split("\n")) context.terminal.out(escapeControls(line));
        context.terminal.err(`${summarizeChanges(changes)} on ${plan.cluster}`);
        if (changes.length > 0) context.exitWith(exitCodes.changes);
      }),
    );
};
