import type { Command } from "commander";
import { parseGoDuration } from "../app/index.ts";
import type { Scope } from "../hub/index.ts";
import { UsageError } from "./exit-code.ts";
import { gather } from "./gather.ts";

export interface TokenOptions {
  readonly scope?: readonly string[];
  readonly namespace?: readonly string[];
  readonly expires: string;
  readonly description: string;
}

/** What a token may do, by name; the help prints it. */
const scopes: Readonly<Record<Scope, string>> = {
  "apps:read": "read Apps and ConfigMaps",
  "apps:write": "change Apps and ConfigMaps, ask for runs",
  "secrets:read": "read Secrets with their data",
  "secrets:write": "write Secrets without seeing their data",
  "identities:write": "write ServiceAccounts, roles and bindings, on the home cluster if there is one",
  admin: "everything, tokens included",
};
/** What the guides' commands need; it sees no Secret's data. */
export const defaultScopes: readonly Scope[] = ["apps:read", "apps:write", "secrets:write", "identities:write"];
const dayMs = 86_400_000;
/** reliability.md L35. */
const maxLifeMs = 365 * dayMs;

/** Adds the options that say what a new token may do. */
export function addTokenOptions(command: Command): Command {
  return command
    .option("--scope <scope>", `what the token may do; may be repeated (default: ${defaultScopes.join(", ")})`, gather)
    .option("-n, --namespace <namespace>", "namespace that it may touch; may be repeated (default: all)", gather)
    .option("--expires <duration>", "how long it is valid, such as 12h or 30d, at most 365d", "90d")
    .option("--description <text>", "what it is for, shown by `lateen token list`", "lateen kubeconfig")
    .addHelpText(
      "after",
      `
Scopes:
${Object.entries(scopes)
  .map(([scope, meaning]) => `  ${scope.padEnd(16)} ${meaning}`)
  .join("\n")}
`,
    );
}

/**
 * The token that the options ask for.
 * @throws UsageError for an unknown scope or an odd duration.
 */
export function toTokenRequest(options: TokenOptions): {
  readonly scopes: readonly Scope[];
  readonly namespaces: readonly string[] | "*";
  readonly description: string;
  readonly lifeMs: number;
} {
  const asked = options.scope ?? defaultScopes;
  const unknown = asked.filter((scope) => !isScope(scope));
  if (unknown.length > 0)
    throw new UsageError(`--scope ${unknown.join(", ")}: unknown (known: ${Object.keys(scopes).join(", ")})`);
  return {
    scopes: asked.filter(isScope),
    namespaces: options.namespace ?? "*",
    description: options.description,
    lifeMs: parseLife(options.expires),
  };
}

function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

function parseLife(text: string): number {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  const parsed = days === undefined ? parseGoDuration(text) : { ms: Number(days) * dayMs };
  if ("ms" in parsed && parsed.ms > 0 && parsed.ms <= maxLifeMs) return parsed.ms;
  throw new UsageError(`--expires ${text}: must be a duration up to 365d such as 12h or 30d`);
}
