import { addFlags } from "../add-flags.ts";
import type { DefineCommand } from "../command.ts";
import { yttFlags } from "../ytt/flags.ts";

/** Describes the command; its arguments are read by `ytt/run.ts`, which keeps ytt's own rules for flags. */
export const defineYtt: DefineCommand = (command) => {
  command
    .description("Renders YAML templates with ytt's language, flags and messages. Needs no ytt and no cluster.")
    .helpOption("-h, --help", "explain")
    .addHelpText(
      "after",
      `
Examples:
  lateen ytt -f config/ -v app.name=web
  lateen ytt -f config/ --data-values-file values.yml --output-files out/
  lateen ytt -f config/ --data-values-schema-inspect -o openapi-v3
`,
    );
  addFlags(command, yttFlags);
};
