import { createGitClient, createGitTransport, type GitClient, type ObjectCache } from "../../git/index.ts";
import { createAddressRules } from "../address-rules.ts";
import type { AwsProcess } from "./aws-process.ts";

/** A git client with connections of its own. @param objects kept longer than the connections. */
export function openGit(
  { config, clock, random, log }: AwsProcess,
  objects: ObjectCache,
): { readonly git: GitClient; close(): Promise<void> } {
  const transport = createGitTransport({ allowAddress: createAddressRules(config.allowedAddresses).forGit });
  return {
    git: createGitClient({ fetch: transport.fetch, clock, random, objects, log }),
    close: () => transport.close(),
  };
}
