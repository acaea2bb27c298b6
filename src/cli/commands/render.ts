import { renderApp } from "../../reconcile/index.ts";
import { addAppOptions, type AppOptions, withApp } from "../app-options.ts";
import type { DefineCommand } from "../command.ts";
import { CommandError } from "../exit-code.ts";

export const defineRender: DefineCommand = (command, context) => {
  addAppOptions(command, { target: false })
    .description("Fetches and templates an App as a deploy would, and prints the resources as YAML. Needs no cluster.")
    .addHelpText(
      "after",
      `
Examples:
  lateen render -f app/app.yml
  lateen render -f app/app.yml -f git-credentials.yml | kubectl diff -f -
`,
    )
    .action((options: AppOptions) =>
      withApp(options, context, async ({ app, deps }) => {
        const rendered = await renderApp(app, deps, { signal: context.signal });
        if ("error" in rendered) throw new CommandError(rendered.usefulErrorMessage);
        context.terminal.write(rendered.yaml);
      }),
    );
};
