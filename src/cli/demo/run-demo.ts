import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findPackageJSON } from "node:module";
import type { CommandContext } from "../command.ts";
import { CommandError } from "../exit-code.ts";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import { formatTable } from "../table.ts";
import { escapeControls } from "../terminal.ts";
import { createFirstApp, pushBroken, pushElsewhere, pushPackages, repairDrift, upgradeContour } from "./first-guide.ts";
import { hasGitHttpBackend } from "./git-server.ts";
import { changeParameters, deliverToProd } from "./second-guide.ts";
import { createShow, DemoFailure, type Show } from "./show.ts";
import { startWorld, type World } from "./world.ts";

const shownLogLines = 20;

/**
 * Plays both guides on embedded run clusters and asserts everything that it shows.
 * @throws CommandError when a step misbehaves.
 */
export async function runDemo(context: CommandContext, options: { readonly keep: boolean }): Promise<void> {
  if (!(await hasGitHttpBackend())) throw new CommandError("git with its http-backend is needed (hint: install git)");
  const { terminal, signal } = context;
  const began = Date.now();
  const show = createShow(terminal);
  const world = await startWorld();
  // A person's Ctrl-C, also in the middle of an act: everything is stopped, nothing is left behind.
  const stopped = new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  try {
    show.say(
      `Two run clusters (staging ${world.staging.server}, prod ${world.prod.server}), a git server (${world.forge.url})`,
    );
    show.say(`and lateen (${world.lateen.url}), all in this process.`);
    await Promise.race([play(world, show, context), stopped]);
    summarize(show, Date.now() - began);
    if (options.keep) await keep(world, context, stopped);
  } catch (error) {
    if (error instanceof DemoFailure) await explainFailure(error, world, context);
    throw error instanceof DemoFailure
      ? new CommandError(`the demo failed: ${error.message}`, { cause: error })
      : error;
  } finally {
    await world.stop();
  }
}

async function play(world: World, show: Show, { terminal }: CommandContext): Promise<void> {
  const stage = { world, show, terminal, examples: examplesFolder() };
  const checkout = await createFirstApp(stage);
  await pushPackages(stage, checkout);
  await upgradeContour(stage, checkout);
  await pushElsewhere(stage, checkout);
  const other = await deliverToProd(stage);
  await changeParameters(stage, other);
  await repairDrift(stage);
  await pushBroken(stage, checkout);
}

function summarize(show: Show, ms: number): void {
  show.act("Summary");
  for (const { what, ms: took } of show.times) show.say(`${String(took).padStart(6)} ms  ${what}`);
  show.say(
    `Both guides ran without a build cluster: ${show.checks} claims shown and checked in ${(ms / 1_000).toFixed(1)} s.`,
  );
  show.say("Next: `lateen serve --help`, docs/tutorial.md.");
}

async function keep(world: World, { terminal, signal }: CommandContext, stopped: Promise<never>): Promise<void> {
  const kubeconfig = (name: string): string => join(world.directory, `${name}.kubeconfig`);
  const { url, ca } = world.lateen;
  const endpoint = { url, ...(ca === undefined ? {} : { ca }) };
  await writeFile(kubeconfig("hub"), formatKubeconfig(endpoint, world.hubToken, "pkg-gitops"), { mode: 0o600 });
  await writeFile(kubeconfig("prod"), world.prod.kubeconfig, { mode: 0o600 });
  const rows = [
    ["hub", url, `kubectl --kubeconfig ${kubeconfig("hub")} get apps -A`],
    ["by hand", `${url}/api/apps`, "with the token of that kubeconfig"],
    ["staging", world.staging.server, `kubectl --kubeconfig ${kubeconfig("staging")} get pkgi -A`],
    ["prod", world.prod.server, `kubectl --kubeconfig ${kubeconfig("prod")} get pkgi -A`],
    ["git", world.forge.url, `push from ${join(world.directory, "work", "my-pkg-gitops-repo")}`],
    ["log", world.logFile, ""],
  ] as const;
  terminal.out("");
  for (const line of formatTable(["KEPT UNTIL CTRL-C", "ADDRESS", "TRY"], rows)) terminal.out(line);
  try {
    await stopped;
  } catch {
    // Ctrl-C is how this ends.
    if (!signal.aborted) throw new Error("the demo ended by itself");
  }
}

async function explainFailure(error: DemoFailure, { logFile }: World, { terminal }: CommandContext): Promise<void> {
  terminal.err(terminal.paint("red", escapeControls(`✗ ${error.message}`)));
  if (!existsSync(logFile)) return;
  terminal.err(`The end of lateen's log:`);
  for (const line of readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-shownLogLines))
    terminal.err(escapeControls(line));
}

/** `examples/` of the package. */
function examplesFolder(): string {
  const manifest = findPackageJSON(import.meta.url);
  const folder = manifest === undefined ? "" : join(dirname(manifest), "examples");
  if (!existsSync(folder)) throw new CommandError("the examples are missing beside package.json");
  return folder;
}
