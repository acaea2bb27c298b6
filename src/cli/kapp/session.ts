import type { Cluster } from "../../cluster/index.ts";
import { type AppTarget, DeployError, describeTarget, type DeployFailure, type GivenFlag } from "../../deploy/index.ts";
import { CommandError } from "../exit-code.ts";
import type { ParsedFlags } from "../flags.ts";
import { connect } from "./connect.ts";
import type { KappContext } from "./context.ts";
import type { KappFlag } from "./flags.ts";
import type { Output } from "./output.ts";

export interface Session {
  readonly cluster: Cluster;
  /** `-n`, $KAPP_NAMESPACE, or the kubeconfig's. */
  readonly namespace: string;
}

/** Connects to the cluster, says which it is, gives it to `work`, and closes it. */
export async function withCluster<Result>(
  flags: ParsedFlags,
  output: Output,
  context: KappContext,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const showsWarnings = flags.hasUnlessOff("warnings");
  const cluster = await connect(flags, context, (text) => {
    if (showsWarnings) output.print({ part: "log", text: `Warning: ${text}\n` });
  });
  const { signal } = context;
  try {
    const target = await describeTarget(cluster, await cluster.discover({ signal }), signal);
    output.print({ part: "line", text: target });
    const namespace =
      flags.text("namespace") || context.environment["KAPP_NAMESPACE"] || cluster.namespace || "default";
    return await work({ cluster, namespace });
  } finally {
    await cluster.close();
  }
}

/** The app that the flags name. @throws CommandError */
export function appOf(flags: ParsedFlags, namespace: string, { environment }: KappContext): AppTarget {
  const name = flags.text("app");
  if (name === "") throw new CommandError("Expected app name to be non-empty");
  if (name.startsWith("label:") || name.startsWith("!"))
    throw new CommandError(`--app ${name}: apps by label have no record, and are not supported (hint: give a name)`);
  const prevName = flags.text("prev-app");
  return {
    name,
    stateNamespace: flags.text("app-namespace") || namespace,
    defaultNamespace: namespace,
    isQualified: environment["KAPP_FQ_CONFIGMAP_NAMES"]?.toLowerCase() === "true",
    ...(prevName === "" ? {} : { prevName }),
  };
}

/** The flags that are the deploy room's options, as they were given. */
export function engineFlags({ given }: ParsedFlags): GivenFlag[] {
  return given.flatMap(([flag, value]) => {
    const { name, role }: KappFlag = flag;
    return role === "engine" ? [[`--${name}`, value] as const] : [];
  });
}

/** @throws DeployError for options that cannot be used. */
export function usable<Options>(parsed: { readonly options: Options } | { readonly failure: DeployFailure }): Options {
  if ("failure" in parsed) throw new DeployError(parsed.failure);
  return parsed.options;
}
