import type { DefineCommand } from "../command.ts";
import { addTokenHomeOptions, openTokenHome, type TokenHomeOptions } from "../data-dir.ts";
import { UsageError } from "../exit-code.ts";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import { addTokenOptions, type TokenOptions, toTokenRequest } from "../token-options.ts";

interface KubeconfigOptions extends TokenOptions, TokenHomeOptions {
  readonly server?: string;
}

export const defineKubeconfig: DefineCommand = (command, context) => {
  command.description(
    "Prints a kubeconfig for the hub with a new token in it, for kubectl, k9s and kctrl. The token stands nowhere else: lateen keeps only its hash.",
  );
  addTokenHomeOptions(addTokenOptions(command))
    .option("--server <url>", "address of the hub in the kubeconfig (default: the public URL, or where lateen listens)")
    .addHelpText(
      "after",
      `
Examples:
  lateen kubeconfig > hub.kubeconfig && kubectl --kubeconfig hub.kubeconfig get apps -A
  lateen kubeconfig --aws-table lateen-prod-Table-1ABC --server https://abc123.execute-api.eu-central-1.amazonaws.com > hub.kubeconfig
  lateen kubeconfig --scope apps:read --namespace team-a --expires 30d --description dashboard > read.kubeconfig
`,
    )
    .action(async (options: KubeconfigOptions) => {
      const request = toTokenRequest(options);
      const home = await openTokenHome(options, context);
      try {
        const url = options.server ?? home.endpoint.url;
        if (url === undefined) throw new UsageError("--aws-table needs --server: the stack's output HubUrl");
        const { token } = await home.tokens.create(request);
        if (url.startsWith("http://"))
          context.terminal.err(
            "warning: kubectl sends no token over plain HTTP (hint: --server with the https address of your proxy)",
          );
        const [namespace] = request.namespaces === "*" ? ["default"] : request.namespaces;
        context.terminal.write(formatKubeconfig({ ...home.endpoint, url }, token, namespace ?? "default"));
      } finally {
        await home.close();
      }
    });
};
