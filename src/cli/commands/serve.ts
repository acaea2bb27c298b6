import { Option } from "commander";
import { type Setting, settings, startLocal } from "../../functions/index.ts";
import { type DefineCommand, helpWidth } from "../command.ts";
import { noteUrl } from "../data-dir.ts";
import { gather } from "../gather.ts";
import { loadConfig } from "../load-config.ts";

export const defineServe: DefineCommand = (command, context) => {
  command
    .description(
      "Runs lateen in this process: webhooks at POST /webhooks/github, the hub's Kubernetes API, the by-hand API under /api, /healthz, /readyz and /metrics. " +
        "SIGTERM ends it safely; a restart goes on with every acknowledged webhook.",
    )
    .option("--config <file>", "settings file (LATEEN_CONFIG; default: lateen.yml, if there is one)");
  for (const setting of settings) if (setting.flag !== undefined) command.addOption(toOption(setting, setting.flag));
  command.addHelpText("after", serveHelp()).action(async () => {
    const flags: Record<string, unknown> = {};
    for (const setting of settings) {
      const attribute = setting.flag === undefined ? undefined : toOption(setting, setting.flag).attributeName();
      if (attribute !== undefined && command.getOptionValueSource(attribute) === "cli")
        flags[setting.key] = command.getOptionValue(attribute);
    }
    const { config: configFile } = command.opts<{ config?: string }>();
    const config = await loadConfig({ flags, environment: context.environment, configFile });
    const server = await startLocal(config);
    noteUrl(config, server.url);
    context.terminal.out(`lateen listens on ${server.url}`);
    try {
      await new Promise<void>((resolve) => {
        if (context.signal.aborted) resolve();
        context.signal.addEventListener("abort", () => resolve(), { once: true });
      });
    } finally {
      await server.stop();
    }
  });
};

function toOption(setting: Setting, flag: string): Option {
  const flags = setting.argument === undefined ? flag : `${flag} <${setting.argument}>`;
  const notes = [
    setting.variable,
    ...(setting.isList === true ? ["may be repeated"] : []),
    ...(setting.default === undefined || setting.argument === undefined ? [] : [`default: ${setting.default}`]),
  ];
  const option = new Option(flags, `${setting.description} (${notes.join("; ")})`);
  return setting.isList === true ? option.argParser(gather) : option;
}

function serveHelp(): string {
  const withoutFlag = settings.filter(({ flag }) => flag === undefined);
  return `
Only in the environment:
${withoutFlag.map(({ variable, description }) => `  ${variable}: ${description}`).join("\n")}

A flag wins over the environment, the environment over lateen.yml, whose keys are
${wrap(settings.filter(({ isSecret }) => isSecret !== true).map(({ key }) => key))}
  # lateen.yml
  dataDir: /var/lib/lateen
  appsDir: apps
  webhookSecretFiles: [/etc/lateen/hook.secret]
  syncPeriod: 30s

Examples:
  openssl rand -hex 32 > hook.secret
  lateen serve --webhook-secret-file hook.secret --home-kubeconfig home.kubeconfig
  LATEEN_SECRETS=aws-secrets-manager LATEEN_AWS_REGION=eu-central-1 lateen serve --apps-dir apps
`;
}

/** Words in lines of the help's width, indented. */
function wrap(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const line = `${lines.at(-1)}${lines.at(-1) === "" ? "  " : ", "}${word}`;
    if (line.length <= helpWidth) lines[lines.length - 1] = line;
    else lines.push(`  ${word}`);
  }
  return lines.join(",\n");
}
