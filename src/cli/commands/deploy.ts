import { deployOnce } from "../../reconcile/index.ts";
import { addAppOptions, type AppOptions, withApp } from "../app-options.ts";
import type { DefineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { createTimeline } from "../timeline.ts";

export const defineDeploy: DefineCommand = (command, context) => {
  addAppOptions(command, { target: true })
    .description(
      "Reconciles an App once from this machine: fetches, templates, applies in kapp's order, waits until everything is ready. Shows each step as it happens. " +
        "Ctrl-C stops between two changes; what is applied stays.",
    )
    .option("--diff", "show the field differences of each change")
    .option(
      "--approve-deletions <digest>",
      "delete what a deploy was refused to for the App's deletion limits; its failure names the digest",
    )
    .addHelpText(
      "after",
      `
Examples:
  lateen deploy -f app.yml -f prod-kubeconfig.yml
  lateen deploy -f app.yml --kubeconfig prod.kubeconfig --diff
`,
    )
    .action((options: AppOptions & { diff?: true; approveDeletions?: string }) =>
      withApp(options, context, async ({ app, deps }) => {
        const timeline = createTimeline({ paint: context.terminal.paint, showDiff: options.diff === true });
        let outcome: string | undefined;
        const { approveDeletions: approve } = options;
        for await (const event of deployOnce(app, deps, { signal: context.signal, approve })) {
          if (event.type === "fetched") keepHeapSmall({ bytes: event.fileBytes });
          if (event.type === "planned") keepHeapSmall(event);
          for (const line of timeline.lines(event)) context.terminal.err(line);
          if (event.type === "finished") outcome = event.outcome;
        }
        // The timeline has said why.
        if (outcome !== "succeeded") context.exitWith(exitCodes.failed);
      }),
    );
};
