import {
  changeListFlags,
  deleteFlags,
  deployFlags,
  globalFlags,
  inspectFlags,
  type KappFlag,
  listFlags,
  logsFlags,
} from "./flags.ts";

export type KappCommandName = "deploy" | "delete" | "list" | "inspect" | "logs" | "app-change list" | "version";

export interface KappCommand {
  readonly name: KappCommandName;
  /** Other names of its last word. */
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly flags: readonly KappFlag[];
}

export const kappCommands: readonly KappCommand[] = [
  { name: "deploy", aliases: ["d", "dep"], summary: "deploy resources as an app", flags: deployFlags },
  { name: "delete", aliases: [], summary: "delete an app and its resources", flags: deleteFlags },
  { name: "list", aliases: ["ls", "l"], summary: "list the apps of a namespace", flags: listFlags },
  { name: "inspect", aliases: ["i", "is", "insp"], summary: "show the resources of an app", flags: inspectFlags },
  { name: "logs", aliases: [], summary: "print logs of an app's Pods", flags: logsFlags },
  { name: "app-change list", aliases: ["ls", "l"], summary: "list the changes of an app", flags: changeListFlags },
  { name: "version", aliases: [], summary: "print the version of kapp that is followed", flags: [] },
];

/** Names of the group of commands about app changes. */
export const appChangeNames: readonly string[] = ["app-change", "ac", "app-changes", "appchange", "appchanges"];

/** kapp's other commands, and what to do instead. */
export const refusedCommands: ReadonlyMap<string, string> = new Map([
  ["rename", "deploy under the new name with --prev-app"],
  ["label", "deploy with --labels"],
  ["deploy-config", "docs/departures.md names what differs from kapp's default rules"],
  ["app-group", "deploy each folder as an app of its own"],
  ["ag", "deploy each folder as an app of its own"],
  ["config-map", "use kubectl get configmaps"],
  ["service-account", "use kubectl get serviceaccounts"],
  ["tools", "use deploy --diff-run, or inspect"],
  ["completion", "there is none yet"],
]);

/** All that a command takes, its own first. */
export function flagsOf({ flags }: KappCommand): readonly KappFlag[] {
  return [...flags, ...globalFlags];
}
