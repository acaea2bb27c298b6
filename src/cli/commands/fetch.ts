import { readFileSync } from "node:fs";
import { systemClock } from "../../base/index.ts";
import {
  createGitClient,
  createGitTransport,
  type Credentials,
  type GitSnapshot,
  type Location,
  localAddressPolicy,
  maskUrl,
} from "../../git/index.ts";
import type { CommandContext, DefineCommand } from "../command.ts";
import { CommandError, UsageError } from "../exit-code.ts";
import { gather } from "../gather.ts";
import { escapeControls } from "../terminal.ts";
import { writeTree } from "../write-tree.ts";

interface FetchOptions {
  readonly ref: string;
  readonly subPath?: readonly string[];
  readonly output: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
}

export const defineFetch: DefineCommand = (command, context) => {
  command
    .argument("<url>", "https:// or http:// address of the repository")
    .description(
      "Fetches just the given folders of one commit, without history: their files, executable bits and symbolic links. Prints the commit's id. " +
        "One folder's content is put into the output folder itself, several folders below it under their paths in the repository.",
    )
    .option("-r, --ref <ref>", "branch, tag or commit, as in an App: main, origin/main, v1.2.0", "HEAD")
    .option("-p, --sub-path <path>", "folder to fetch; may be repeated (default: the whole tree)", gather)
    .requiredOption("-o, --output <dir>", "folder to write to; must be empty or not exist")
    .option("--username <name>", "user name, sent only to this repository's server")
    .option(
      "--password-file <file>",
      "file with the password or token (or the environment variable LATEEN_GIT_PASSWORD)",
    )
    .option("--ca-file <file>", "PEM certificates to trust beside the system's")
    .addHelpText(
      "after",
      `
Examples:
  lateen fetch https://github.com/user/my-pkg-gitops-repo --ref origin/main --sub-path packaging -o out
  lateen fetch https://git.example.com/gitops --ref v1.2.0 -p app.default.tap/packages -p app.default.tap/prod -o out
`,
    )
    .action(async (url: string, options: FetchOptions) => {
      const subPaths = [...new Set((options.subPath ?? [""]).map(cleanSubPath))];
      const snapshot = await fetchSnapshot(url, subPaths, options, context);
      let files = 0;
      const [only] = subPaths;
      for (const subPath of subPaths) {
        const tree = snapshot.files(subPath);
        files += tree.size;
        writeTree(options.output, subPaths.length === 1 && subPath === only ? "" : subPath, tree);
      }
      for (const note of snapshot.notes) context.terminal.err(escapeControls(`note: ${note}`));
      const { requests, bytesReceived } = snapshot.stats;
      context.terminal.err(`${files} files to ${options.output}: ${bytesReceived} bytes in ${requests} requests`);
      context.terminal.out(snapshot.commit);
    });
};

async function fetchSnapshot(
  url: string,
  subPaths: readonly string[],
  options: FetchOptions,
  { signal, environment }: CommandContext,
): Promise<GitSnapshot> {
  const transport = createGitTransport({
    allowAddress: localAddressPolicy,
    ...(options.caFile === undefined ? {} : { caCerts: [readText(options.caFile)] }),
  });
  try {
    const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: Math.random });
    const credentials = readCredentials(options, environment);
    const repository = credentials === undefined ? { url } : { url, credentials };
    const { commit } = await git.resolveRef(repository, { ref: options.ref }, { signal });
    const snapshot = await git.fetchSubPaths(repository, { commit, ref: options.ref, subPaths }, { signal });
    const missing = [...snapshot.locations].find(([, location]) => location.kind !== "directory");
    if (missing !== undefined)
      throw new CommandError(`${maskUrl(url)} at ${options.ref}: ${explainLocation(...missing)}`);
    return snapshot;
  } finally {
    await transport.close();
  }
}

function explainLocation(subPath: string, location: Location): string {
  if (location.kind !== "missing") return `${subPath} is no folder but a ${location.kind}`;
  const near = location.directories.length === 0 ? "" : ` (found other folders: ${location.directories.join(", ")})`;
  return `there is no folder ${subPath}${near}`;
}

/** Relative and clean: `./a//b/` is `a/b`. */
function cleanSubPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (path.startsWith("/") || segments.includes(".."))
    throw new UsageError(`--sub-path ${path}: must be a path inside the repository`);
  return segments.join("/");
}

function readCredentials(options: FetchOptions, environment: CommandContext["environment"]): Credentials | undefined {
  const password =
    options.passwordFile === undefined ? environment["LATEEN_GIT_PASSWORD"] : readText(options.passwordFile).trimEnd();
  if (options.username === undefined && password === undefined) return undefined;
  if (password === undefined)
    throw new UsageError("--username needs --password-file, or LATEEN_GIT_PASSWORD in the environment");
  return { username: options.username ?? "", password };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path}: cannot be read`, { cause: error });
  }
}
