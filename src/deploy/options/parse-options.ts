import type { DeployFailure } from "../failure.ts";
import {
  defaultDeleteOptions,
  defaultDeployOptions,
  defaultInspectOptions,
  type DeleteOptions,
  type DeployOptions,
  type InspectOptions,
  type NamespaceMapping,
  type SharedOptions,
} from "./deploy-options.ts";
import { isPreflightCheck, type PreflightCheck } from "../preflight/check-names.ts";
import { filterWith } from "./filter-options.ts";
import { parseGoDuration } from "./go-duration.ts";
import { OptionFault, parseBoolean, parseInteger } from "./option-values.ts";
import { isUpdateStrategy } from "./strategies.ts";

export interface DeployOptionsInput {
  readonly intoNs?: string;
  /** `from=to`. */
  readonly mapNs?: readonly string[];
  /** `--name=value`, the later wins. */
  readonly rawOptions: readonly string[];
  /** Raw options that the operator set for all Apps; the App's come later and win. */
  readonly defaultRawOptions?: readonly string[];
}

export interface DeleteOptionsInput {
  readonly rawOptions: readonly string[];
}

export interface InspectOptionsInput {
  readonly rawOptions: readonly string[];
}

/** Parses an App's deploy options by kapp-controller's grammar and texts (app.md §6.3); what lateen cannot do is refused by name. */
export function parseDeployOptions(
  input: DeployOptionsInput,
): { readonly options: DeployOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<DeployOptions> = { ...defaultDeployOptions };
    if (input.intoNs !== undefined && input.intoNs !== "") options.intoNamespace = input.intoNs;
    options.mapNamespaces = (input.mapNs ?? []).map(parseMapping);
    for (const raw of [...(input.defaultRawOptions ?? []), ...input.rawOptions]) {
      const { flag, value } = splitOption(raw);
      if (!setChangeOption(options, flag, value) && !setDeployOption(options, flag, value)) forbid(flag);
    }
    return options;
  });
}

/** The same for a delete. */
export function parseDeleteOptions(
  input: DeleteOptionsInput,
): { readonly options: DeleteOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<DeleteOptions> = { ...defaultDeleteOptions };
    for (const raw of input.rawOptions) {
      const { flag, value } = splitOption(raw);
      if (!setChangeOption(options, flag, value)) forbid(flag);
    }
    return options;
  });
}

/** The same for an inspection. */
export function parseInspectOptions(
  input: InspectOptionsInput,
): { readonly options: InspectOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<InspectOptions> = { ...defaultInspectOptions };
    for (const raw of input.rawOptions) {
      const { flag, value } = splitOption(raw);
      if (!setSharedOption(options, flag, value) && !setInspectOption(options, flag, value)) forbid(flag);
    }
    return options;
  });
}

/** Looks closer together than this would only load the API server; also what a negative duration means. */
const minIntervalMs = 100;

export type Draft<T> = { -readonly [K in keyof T]: T[K] };

export function guarded<T>(parse: () => T): { readonly options: T } | { readonly failure: DeployFailure } {
  try {
    return { options: parse() };
  } catch (error) {
    if (error instanceof OptionFault) return { failure: error.failure };
    throw error;
  }
}

function splitOption(raw: string): { readonly flag: string; readonly value: string } {
  const match = /^(--[a-z]+(?:-[a-z]+)*)=(.+)$/.exec(raw);
  if (match === null) throw new OptionFault({ code: "DEPLOY_OPTION_FORMAT", flag: raw });
  return { flag: match[1] ?? "", value: match[2] ?? "" };
}

function forbid(flag: string): never {
  throw new OptionFault({ code: "DEPLOY_OPTION_FORBIDDEN", flag });
}

/** `false` when the flag is none of those that deploy and delete share. */
export function setChangeOption(options: Draft<DeleteOptions>, flag: string, value: string): boolean {
  const bool = (): boolean => parseBoolean(flag, value);
  const whole = (least: number): number => parseInteger(flag, value, least);
  const time = (): number => parseTime(flag, value);
  switch (flag) {
    case "--diff-changes":
      options.diffChanges = bool();
      return true;
    case "--diff-context":
      options.diffContext = whole(0);
      return true;
    case "--diff-line-numbers":
      options.diffLineNumbers = bool();
      return true;
    case "--diff-mask":
      if (!bool()) throw unsupported("--diff-mask=false (secret values are always masked)");
      return true;
    case "--diff-summary":
      options.diffSummary = bool();
      return true;
    case "--diff-run":
      options.diffRun = bool();
      return true;
    case "--diff-against-last-applied":
      options.diffAgainstLastApplied = bool();
      return true;
    case "--apply-check-interval":
      options.applyCheckIntervalMs = Math.max(minIntervalMs, time());
      return true;
    case "--apply-concurrency":
      options.applyConcurrency = whole(1);
      return true;
    case "--apply-default-update-strategy":
      if (!isUpdateStrategy(value)) {
        throw new OptionFault({ code: "DEPLOY_STRATEGY_UNKNOWN", strategy: "update", value, resource: flag });
      }
      options.applyDefaultUpdateStrategy = value;
      return true;
    case "--apply-ignored":
      options.applyIgnored = bool();
      return true;
    case "--apply-timeout":
      options.applyTimeoutMs = time();
      return true;
    case "--exit-early-on-apply-error":
      options.exitEarlyOnApplyError = bool();
      return true;
    case "--exit-early-on-wait-error":
      options.exitEarlyOnWaitError = bool();
      return true;
    case "--wait":
      options.wait = bool();
      return true;
    case "--wait-ignored":
      options.waitIgnored = bool();
      return true;
    case "--wait-check-interval":
      options.waitCheckIntervalMs = Math.max(minIntervalMs, time());
      return true;
    case "--wait-concurrency":
      options.waitConcurrency = whole(1);
      return true;
    case "--wait-timeout":
      options.waitTimeoutMs = time();
      return true;
    case "--diff-anchored":
      // Another way to line texts up; what changes is the same.
      bool();
      return true;
    default:
      return setSharedOption(options, flag, value);
  }
}

/** `false` when the flag is none of those that deploy, delete and inspect share. */
export function setSharedOption(options: Draft<SharedOptions>, flag: string, value: string): boolean {
  const bool = (): boolean => parseBoolean(flag, value);
  switch (flag) {
    case "--dangerous-ignore-failing-api-services":
      options.ignoreFailingApiServices = bool();
      return true;
    case "--dangerous-scope-to-fallback-allowed-namespaces":
      options.scopeToFallbackNamespaces = bool();
      return true;
    case "--tty":
    case "--debug":
      // Without a terminal kapp drops its log from the output; lateen's output always has it, and no more than that.
      bool();
      return true;
    case "--json":
      if (bool()) throw unsupported(flag);
      return true;
    case "--kube-api-qps":
    case "--kube-api-burst":
      // A limit of kapp's own client: lateen paces its calls by what the API server answers, so any number is honoured.
      if (!(Number(value) > 0))
        throw badValue(flag, value, `strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
      return true;
    case "--column":
      options.columns = [...options.columns, ...value.split(",")];
      return true;
    default: {
      const filter = filterWith(options.filter, flag, value);
      if (filter !== undefined) options.filter = filter;
      return filter !== undefined;
    }
  }
}

export function setInspectOption(options: Draft<InspectOptions>, flag: string, value: string): boolean {
  switch (flag) {
    case "--raw":
    case "--status":
    case "--tree":
      options.view = strongerView(options.view, flag, parseBoolean(flag, value));
      return true;
    default:
      return false;
  }
}

const views = ["table", "tree", "status", "raw"] as const satisfies readonly InspectOptions["view"][];

/** Of several the later of the list counts, whatever their order. */
function strongerView(before: InspectOptions["view"], flag: string, isAsked: boolean): InspectOptions["view"] {
  const asked = views.find((view) => isAsked && flag === `--${view}`) ?? "table";
  return views.indexOf(asked) > views.indexOf(before) ? asked : before;
}

export function setDeployOption(options: Draft<DeployOptions>, flag: string, value: string): boolean {
  switch (flag) {
    case "--dangerous-allow-empty-list-of-resources":
      options.allowEmpty = parseBoolean(flag, value);
      return true;
    case "--existing-non-labeled-resources-check":
      options.existingCheck = parseBoolean(flag, value);
      return true;
    case "--existing-non-labeled-resources-check-concurrency":
      options.existingCheckConcurrency = parseInteger(flag, value, 1);
      return true;
    case "--dangerous-override-ownership-of-existing-resources":
      options.overrideOwnership = parseBoolean(flag, value);
      return true;
    case "--into-ns":
      options.intoNamespace = value;
      return true;
    case "--map-ns":
      options.mapNamespaces = [...options.mapNamespaces, ...value.split(",").map(parseMapping)];
      return true;
    case "--app-changes-max-to-keep":
      options.appChangesMaxToKeep = parseInteger(flag, value, 0);
      return true;
    case "--labels":
      options.labels = [...options.labels, ...value.split(",").map(parseLabel)];
      return true;
    case "--patch":
      options.patch = parseBoolean(flag, value);
      return true;
    case "--logs":
      options.logs = parseBoolean(flag, value);
      return true;
    case "--logs-all":
      options.logsAll = parseBoolean(flag, value);
      return true;
    default:
      return false;
  }
}

function parseMapping(text: string): NamespaceMapping {
  const parts = text.split("=");
  const [from, to] = parts;
  if (parts.length !== 2 || from === undefined || to === undefined) {
    throw wholeProblem("--map-ns", text, `Expected map namespace '${text}' to be in 'src-ns=dst-ns' format`);
  }
  return { from, to };
}

/** Names of checks between commas. */
export function parsePreflight(value: string): PreflightCheck[] {
  return value.split(",").map((name) => {
    if (isPreflightCheck(name)) return name;
    throw badValue("--preflight", value, `unknown preflight check ${JSON.stringify(name)} specified`);
  });
}

function parseLabel(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals === -1) throw wholeProblem("--labels", text, "Expected label to be in 'key=val' format");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export function parseTime(flag: string, value: string): number {
  const parsed = parseGoDuration(value);
  if ("problem" in parsed) throw badValue(flag, value, parsed.problem);
  return parsed.ms;
}

function badValue(flag: string, value: string, problem: string): OptionFault {
  return new OptionFault({ code: "DEPLOY_OPTION_VALUE", flag, value, problem, whole: false });
}

function wholeProblem(flag: string, value: string, problem: string): OptionFault {
  return new OptionFault({ code: "DEPLOY_OPTION_VALUE", flag, value, problem, whole: true });
}

function unsupported(flag: string): OptionFault {
  return new OptionFault({ code: "DEPLOY_OPTION_UNSUPPORTED", flag });
}
