import type { DefineCommand } from "../command.ts";

export const defineDemo: DefineCommand = (command, context) => {
  command
    .description(
      "Starts two embedded run clusters, a git server and lateen, plays both Carvel guides on them, and checks everything that it shows. " +
        "Needs git, and no account, cluster or container. Ends by itself in less than a minute.",
    )
    .option("--keep", "leave everything running afterwards and print the addresses; Ctrl-C ends it")
    .action(async (options: { keep?: true }) => {
      const { runDemo } = await import("../demo/run-demo.ts");
      await runDemo(context, { keep: options.keep === true });
    });
};
