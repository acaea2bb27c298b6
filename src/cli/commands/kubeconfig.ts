import type { DefineCommand } from "../command.ts";
import { addDataDirOptions, type DataDirOptions, localConfig, openDataDir } from "../data-dir.ts";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import { addTokenOptions, type TokenOptions, toTokenRequest } from "../token-options.ts";

interface KubeconfigOptions extends TokenOptions, DataDirOptions {
  readonly server?: string;
}

export const defineKubeconfig: DefineCommand = (command, context) => {
  command.description(
    "Prints a kubeconfig for the hub with a new token in it, for kubectl, k9s and kctrl. The token stands nowhere else: lateen keeps only its hash.",
  );
  addDataDirOptions(addTokenOptions(command))
    .option("--server <url>", "address of the hub in the kubeconfig (default: the public URL, or where lateen listens)")
    .addHelpText(
      "after",
      `
Examples:
  lateen kubeconfig > hub.kubeconfig && kubectl --kubeconfig hub.kubeconfig get apps -A
  lateen kubeconfig --scope apps:read --namespace team-a --expires 30d --description dashboard > read.kubeconfig
`,
    )
    .action(async (options: KubeconfigOptions) => {
      const request = toTokenRequest(options);
      const dataDir = await openDataDir(await localConfig(options, context));
      try {
        const { token } = await dataDir.tokens.create(request);
        const url = options.server ?? dataDir.endpoint.url;
        if (url.startsWith("http://"))
          context.terminal.err(
            "warning: kubectl sends no token over plain HTTP (hint: --server with the https address of your proxy)",
          );
        const [namespace] = request.namespaces === "*" ? ["default"] : request.namespaces;
        context.terminal.write(formatKubeconfig({ ...dataDir.endpoint, url }, token, namespace ?? "default"));
      } finally {
        await dataDir.close();
      }
    });
};
