/** What kapp's command line takes (kapp.md §10), as data for its parser and for the help. */
import type { Flag } from "../flags.ts";

export interface KappFlag extends Flag {
  /** `engine`: an option of the deploy room, passed on as it is given. `refused`: known, and not to be had. Default: the command line's own. */
  readonly role?: "engine" | "refused";
  /** What to do instead of a refused flag. */
  readonly instead?: string;
}

const engine = (name: string, type: Flag["type"], help: string, more: Partial<KappFlag> = {}): KappFlag => ({
  name,
  type,
  help,
  role: "engine",
  ...(type === "bool" ? {} : { value: "value" }),
  ...more,
});
const refused = (name: string, type: Flag["type"], instead: string): KappFlag => ({
  name,
  type,
  help: `not supported: ${instead}`,
  role: "refused",
  instead,
  ...(type === "bool" ? {} : { value: "value" }),
});

/** Every command has these. */
export const globalFlags: readonly KappFlag[] = [
  { name: "kubeconfig", type: "text", value: "file", help: "kubeconfig file ($KAPP_KUBECONFIG)" },
  { name: "kubeconfig-context", type: "text", value: "name", help: "context to use ($KAPP_KUBECONFIG_CONTEXT)" },
  { name: "kubeconfig-yaml", type: "text", value: "yaml", help: "kubeconfig as text ($KAPP_KUBECONFIG_YAML)" },
  { name: "yes", short: "y", type: "bool", help: "ask nothing" },
  { name: "json", type: "bool", help: "print JSON" },
  { name: "color", type: "bool", help: "colours, where the output is a terminal (default true)" },
  { name: "column", type: "list", value: "names", help: "show these columns of tables only; may be repeated" },
  { name: "tty", type: "bool", help: "print as for people also into a pipe (default true for deploy and delete)" },
  { name: "warnings", type: "bool", help: "show the API server's warnings (default true)" },
  { name: "debug", type: "bool", help: "print causes of unexpected failures" },
  { name: "kube-api-qps", type: "text", value: "number", help: "taken; calls are paced by the API server's answers" },
  { name: "kube-api-burst", type: "text", value: "number", help: "taken; calls are paced by the API server's answers" },
  refused("profile", "text", "use node --cpu-prof"),
  refused("profile-output", "text", "use node --cpu-prof"),
  { name: "help", short: "h", type: "bool", help: "explain" },
];

const namespace: KappFlag = {
  name: "namespace",
  short: "n",
  type: "text",
  value: "name",
  help: "namespace of the app's record and of resources without one ($KAPP_NAMESPACE, or the kubeconfig's)",
};

const appFlags: readonly KappFlag[] = [
  { name: "app", short: "a", type: "text", value: "name", help: "name of the app" },
  namespace,
  { name: "app-namespace", type: "text", value: "name", help: "namespace of the app's record, where that is another" },
];

const typeFlags: readonly KappFlag[] = [
  engine("dangerous-ignore-failing-api-services", "bool", "pass over API services that do not answer"),
  engine("dangerous-scope-to-fallback-allowed-namespaces", "bool", "look only in namespaces that the app is known in"),
];

const filterFlags: readonly KappFlag[] = [
  engine("filter", "text", "only resources that this expression fits", { value: "json" }),
  engine("filter-age", "text", "only older (5m+) or younger (5m-) ones", { value: "age" }),
  engine("filter-kind", "text", "only of these kinds; may be repeated", { value: "kinds" }),
  engine("filter-ns", "text", "only in these namespaces; may be repeated", { value: "names" }),
  engine("filter-name", "text", "only with these names; may be repeated", { value: "names" }),
  engine("filter-kind-name", "text", "only these, as Kind/name; may be repeated", { value: "names" }),
  engine("filter-kind-ns", "text", "only these, as Kind/namespace; may be repeated", { value: "names" }),
  engine("filter-kind-ns-name", "text", "only these, as Kind/namespace/name; may be repeated", { value: "names" }),
  engine("filter-labels", "text", "only with one of these labels (x=y); may be repeated", { value: "labels" }),
];

const changeFlags: readonly KappFlag[] = [
  { name: "prev-app", type: "text", value: "name", help: "earlier name of the app" },
  engine("diff-changes", "bool", "show the differences", { short: "c" }),
  engine("diff-changes-yaml", "bool", "show what would be sent as YAML"),
  engine("diff-run", "bool", "end after showing the changes"),
  { name: "diff-exit-status", type: "bool", help: "with --diff-run: exit code 2 without, 3 with changes" },
  engine("diff-filter", "text", "only changes that this expression fits", { value: "json" }),
  engine("diff-summary", "bool", "show the table of changes (default true)"),
  engine("diff-context", "text", "lines shown around a difference (default 2)", { value: "number" }),
  engine("diff-line-numbers", "bool", "number the lines (default true)"),
  engine("diff-mask", "bool", "hide values of Secrets; cannot be turned off"),
  engine(
    "diff-against-last-applied",
    "bool",
    "compare with what was applied last, where that still stands (default true)",
  ),
  engine("diff-anchored", "bool", "taken; changes nothing"),
  refused("diff-ui-alpha", "bool", "use --diff-changes"),
  engine("apply-ignored", "bool", "delete also what controllers made"),
  engine("apply-timeout", "text", "longest time without being able to apply anything (default 15m)", { value: "time" }),
  engine("apply-check-interval", "text", "time between two tries (default 1s)", { value: "time" }),
  engine("apply-concurrency", "text", "changes at once (default 20)", { value: "number" }),
  engine("apply-default-update-strategy", "text", "strategy of updates that name none", { value: "name" }),
  { name: "apply-exit-status", type: "bool", help: "exit code 2 without, 3 with changes" },
  engine("exit-early-on-apply-error", "bool", "end with the first change that fails (default true)"),
  engine("exit-early-on-wait-error", "bool", "end with the first resource that fails (default true)"),
  engine("wait", "bool", "wait until resources are ready or gone (default true)"),
  engine("wait-ignored", "bool", "wait also for what controllers made (default true for delete)"),
  engine("wait-timeout", "text", "longest time without anything getting ready (default 15m)", { value: "time" }),
  engine("wait-resource-timeout", "text", "longest time for one resource; 0s: any (default 0s)", { value: "time" }),
  engine("wait-check-interval", "text", "time between two looks (default 3s)", { value: "time" }),
  engine("wait-concurrency", "text", "looks at once (default 20)", { value: "number" }),
];

export const deployFlags: readonly KappFlag[] = [
  ...appFlags,
  {
    name: "file",
    short: "f",
    type: "commas",
    value: "path",
    help: "file, directory or `-` for standard input; may be repeated",
  },
  { name: "sort", type: "bool", help: "taken; changes nothing" },
  ...changeFlags,
  ...filterFlags,
  ...typeFlags,
  engine("patch", "bool", "add and update only, delete nothing", { short: "p" }),
  engine("into-ns", "text", "namespace for all resources", { value: "name" }),
  engine("map-ns", "text", "namespaces in place of others, as from=to; may be repeated", { value: "names" }),
  engine("labels", "text", "labels of the app's record, as key=value; may be repeated", { value: "labels" }),
  engine("allow-check", "bool", "refuse resources in other places than the next flags and the given namespaces"),
  engine("allow-ns", "text", "allow these namespaces; may be repeated", { value: "names" }),
  engine("allow-all-ns", "bool", "allow every namespace"),
  engine("allow-cluster", "bool", "allow resources without a namespace"),
  engine("default-label-scoping-rules", "bool", "narrow selectors to the app (default true)"),
  engine("logs", "bool", "show logs of Pods that ask for it (default true)"),
  engine("logs-all", "bool", "show logs of all Pods"),
  engine("app-changes-max-to-keep", "text", "app changes to keep (default 200)", { value: "number" }),
  { name: "app-metadata-file-output", type: "text", value: "file", help: "write the app's record into a file" },
  engine("existing-non-labeled-resources-check", "bool", "look for resources that exist already (default true)"),
  engine("existing-non-labeled-resources-check-concurrency", "text", "such looks at once (default 100)", {
    value: "number",
  }),
  engine(
    "dangerous-allow-empty-list-of-resources",
    "bool",
    "accept that there is nothing to deploy: delete everything",
  ),
  engine("dangerous-override-ownership-of-existing-resources", "bool", "take resources of other apps"),
  engine("dangerous-disable-gk-scoping", "bool", "look for resources of every kind"),
  engine(
    "preflight",
    "text",
    "checks before the first write: PermissionValidation, CRDUpgradeSafety; may be repeated",
    {
      value: "names",
    },
  ),
];

export const deleteFlags: readonly KappFlag[] = [...appFlags, ...changeFlags, ...filterFlags, ...typeFlags];

export const inspectFlags: readonly KappFlag[] = [
  ...appFlags,
  engine("tree", "bool", "show resources below those that made them", { short: "t" }),
  engine("raw", "bool", "print resources as YAML, values of Secrets hidden"),
  engine("status", "bool", "print the status of each resource"),
  engine("managed-fields", "bool", "with --raw: keep metadata.managedFields"),
  ...filterFlags,
  ...typeFlags,
];

export const listFlags: readonly KappFlag[] = [
  namespace,
  { name: "all-namespaces", short: "A", type: "bool", help: "apps of all namespaces" },
  engine("filter-age", "text", "only older (5m+) or younger (5m-) apps", { value: "age" }),
  { name: "filter-labels", type: "commas", value: "labels", help: "only apps with all of these labels (x=y)" },
];

export const logsFlags: readonly KappFlag[] = [
  ...appFlags,
  { name: "follow", short: "f", type: "bool", help: "go on, also with Pods that come later" },
  { name: "lines", type: "text", value: "number", help: "last lines of each container; -1: all (default 10)" },
  { name: "pod-name", short: "m", type: "text", value: "name", help: "only Pods of this name; % stands for anything" },
  {
    name: "container-name",
    short: "c",
    type: "commas",
    value: "names",
    help: "only containers of these names; % stands for anything",
  },
  { name: "container-tag", type: "bool", help: "Pod and container in front of each line (default true)" },
];

export const changeListFlags: readonly KappFlag[] = [
  ...appFlags,
  {
    name: "before",
    type: "text",
    value: "time",
    help: "only changes that began before (2022-01-10, 2022-01-10T12:15:25Z)",
  },
  { name: "after", type: "text", value: "time", help: "only changes that began after" },
];
