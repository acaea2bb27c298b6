/** kapp's commands that only read. */
import { systemClock } from "../../base/index.ts";
import { appLogs, inspectApp, listAppChanges, listApps, readInspectFlags } from "../../deploy/index.ts";
import { CommandError } from "../exit-code.ts";
import type { ParsedFlags } from "../flags.ts";
import type { KappContext } from "./context.ts";
import type { Output } from "./output.ts";
import { appOf, engineFlags, usable, withCluster } from "./session.ts";

export async function list(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  const { filter } = usable(readInspectFlags(engineFlags(flags)));
  await withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const input = {
      labels: flags.list("filter-labels").map(labelOf),
      ...(flags.has("all-namespaces") ? {} : { namespace }),
      ...(filter === undefined ? {} : { filter }),
    };
    for (const part of await listApps(input, cluster, { clock: systemClock }, context)) output.print(part);
  });
}

function labelOf(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals === -1) throw new CommandError("Expected label to be in 'key=val' format");
  if (equals === 0) throw new CommandError("Expected label key to be non-empty");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export async function inspect(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  const options = usable(readInspectFlags(engineFlags(flags)));
  await withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const app = appOf(flags, namespace, context);
    const { parts } = await inspectApp({ app, options }, cluster, { clock: systemClock }, context);
    for (const part of parts) output.print(part);
  });
}

export function listChanges(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  return withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const [before, after] = [timeOf(flags.text("before")), timeOf(flags.text("after"))];
    if (before !== undefined && after !== undefined && before < after)
      throw new CommandError(
        `After time ${flags.text("after")} should be less than before time ${flags.text("before")}`,
      );
    const input = {
      app: appOf(flags, namespace, context),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    for (const part of await listAppChanges(input, cluster, context)) output.print(part);
  });
}

const timeFormat = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/;

function timeOf(text: string): number | undefined {
  if (text === "") return undefined;
  const time = timeFormat.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CommandError(`unrecognized time format ${text}, supported formats: [2006-01-02T15:04:05Z07:00 2006-01-02]`);
}

const defaultLines = "10";

export function logs(flags: ParsedFlags, output: Output, context: KappContext): Promise<void> {
  return withCluster(flags, output, context, async ({ cluster, namespace }) => {
    const follow = flags.has("follow");
    const text = flags.text("lines") || defaultLines;
    if (!/^[+-]?\d{1,9}$/.test(text))
      throw new CommandError(
        `invalid argument "${text}" for "--lines" flag: strconv.ParseInt: parsing "${text}": invalid syntax`,
      );
    const lines = Number(text);
    // kapp refuses its own -1 here.
    if (lines === 0 && !follow)
      throw new CommandError("Expected --lines to be greater than zero since --follow is not specified");
    const input = {
      app: appOf(flags, namespace, context),
      follow,
      podName: flags.text("pod-name"),
      containerNames: flags.list("container-name"),
      containerTag: flags.hasUnlessOff("container-tag"),
      ...(lines < 0 ? {} : { lines }),
    };
    for await (const part of appLogs(input, cluster, { clock: systemClock }, context)) output.print(part);
  });
}
