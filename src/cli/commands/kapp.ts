import { addFlags } from "../add-flags.ts";
import type { DefineCommand } from "../command.ts";
import { flagsOf, kappCommands } from "../kapp/commands.ts";

/** Describes the commands; their arguments are read by `kapp/run.ts`, which keeps kapp's own rules for flags. */
export const defineKapp: DefineCommand = (command) => {
  command
    .description(
      "Deploys and looks at apps with kapp's flags, rules and messages, against the cluster of a kubeconfig. Needs no kapp and no hub; apps that kapp made are known, and kapp knows those of lateen.",
    )
    .helpOption("-h, --help", "explain")
    .addHelpText(
      "after",
      `
Examples:
  lateen kapp deploy -a web -f config/
  lateen kapp deploy -a web -f config/ --diff-changes --yes
  lateen ytt -f config/ | lateen kapp deploy -a web -f- --yes
  lateen kapp inspect -a web --tree
`,
    );
  for (const kapp of kappCommands) {
    const [name = "", inner] = kapp.name.split(" ");
    const parent =
      inner === undefined
        ? command
        : command.command(name).summary("app changes").description("Looks at the changes of an app.");
    const leaf = parent.command(inner ?? name).summary(kapp.summary);
    if (kapp.aliases[0] !== undefined) leaf.alias(kapp.aliases[0]);
    leaf
      .description(`${kapp.summary.charAt(0).toUpperCase()}${kapp.summary.slice(1)}.`)
      .helpOption("-h, --help", "explain");
    addFlags(leaf, flagsOf(kapp));
  }
};
