/**
 * The options of kapp's command line (kapp.md §10): all that an App may use, and those that only a person may. They come as the flags that
 * were given, in their order, with kapp's own defaults instead of kapp-controller's.
 */
import type { DeployFailure } from "../failure.ts";
import { parseChangeFilter } from "../filter/change-filter.ts";
import {
  type AllowedPlaces,
  type ChangeOptions,
  defaultDeleteOptions,
  defaultDeployOptions,
  defaultInspectOptions,
  type DeleteOptions,
  type DeployOptions,
  type InspectOptions,
  type SharedOptions,
} from "./deploy-options.ts";
import { asOptionFault, filterWithLabels } from "./filter-options.ts";
import { OptionFault, parseBoolean } from "./option-values.ts";
import {
  type Draft,
  guarded,
  parsePreflight,
  parseTime,
  setChangeOption,
  setDeployOption,
  setInspectOption,
  setSharedOption,
} from "./parse-options.ts";

/** A flag with its dashes, and its value: `["--wait-timeout", "5m"]`. */
export type GivenFlag = readonly [flag: string, value: string];

const commandLineDefaults: DeployOptions = {
  ...defaultDeployOptions,
  applyTimeoutMs: 900_000,
  appChangesMaxToKeep: 200,
};

export function readDeployFlags(
  flags: readonly GivenFlag[],
): { readonly options: DeployOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<DeployOptions> = { ...commandLineDefaults };
    const allowed: AllowedFlags = { isAsked: false, namespaces: [], allNamespaces: false, cluster: false };
    for (const [flag, value] of flags) {
      const isKnown =
        setFilterLabels(options, flag, value) ||
        setChangeFlag(options, flag, value) ||
        setDeployFlag(options, flag, value) ||
        setAllowed(allowed, flag, value) ||
        setChangeOption(options, flag, value) ||
        setDeployOption(options, flag, value);
      if (!isKnown) throw unknown(flag);
    }
    const { isAsked, ...places } = allowed;
    if (isAsked) options.allowed = places;
    return options;
  });
}

export function readDeleteFlags(
  flags: readonly GivenFlag[],
): { readonly options: DeleteOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<DeleteOptions> = { ...defaultDeleteOptions };
    for (const [flag, value] of flags) {
      const isKnown =
        setFilterLabels(options, flag, value) ||
        setChangeFlag(options, flag, value) ||
        setChangeOption(options, flag, value);
      if (!isKnown) throw unknown(flag);
    }
    return options;
  });
}

export function readInspectFlags(
  flags: readonly GivenFlag[],
): { readonly options: InspectOptions } | { readonly failure: DeployFailure } {
  return guarded(() => {
    const options: Draft<InspectOptions> = { ...defaultInspectOptions };
    for (const [flag, value] of flags) {
      if (flag === "--managed-fields") options.managedFields = parseBoolean(flag, value);
      else if (
        !setFilterLabels(options, flag, value) &&
        !setSharedOption(options, flag, value) &&
        !setInspectOption(options, flag, value)
      )
        throw unknown(flag);
    }
    return options;
  });
}

type AllowedFlags = { -readonly [Key in keyof AllowedPlaces]: AllowedPlaces[Key] } & { isAsked: boolean };

function setFilterLabels(options: Draft<SharedOptions>, flag: string, value: string): boolean {
  if (flag !== "--filter-labels") return false;
  options.filter = filterWithLabels(options.filter, flag, value);
  return true;
}

function setChangeFlag(options: Draft<ChangeOptions>, flag: string, value: string): boolean {
  switch (flag) {
    case "--diff-changes-yaml":
      options.diffChangesYaml = parseBoolean(flag, value);
      return true;
    case "--diff-filter":
      try {
        if (value !== "") options.diffFilter = parseChangeFilter(value);
      } catch (error) {
        throw asOptionFault(error, flag, value);
      }
      return true;
    case "--wait-resource-timeout":
      options.waitResourceTimeoutMs = parseTime(flag, value);
      return true;
    default:
      return false;
  }
}

function setDeployFlag(options: Draft<DeployOptions>, flag: string, value: string): boolean {
  switch (flag) {
    case "--default-label-scoping-rules":
      options.defaultLabelScoping = parseBoolean(flag, value);
      return true;
    case "--dangerous-disable-gk-scoping":
      options.scopeToUsedKinds = !parseBoolean(flag, value);
      return true;
    case "--preflight":
      options.preflight = [...(options.preflight ?? []), ...parsePreflight(value)];
      return true;
    case "--into-ns":
      // An empty one means none: scripts pass it on from their own variables.
      if (value !== "") options.intoNamespace = value;
      return true;
    default:
      return false;
  }
}

function setAllowed(allowed: AllowedFlags, flag: string, value: string): boolean {
  switch (flag) {
    case "--allow-check":
      allowed.isAsked = parseBoolean(flag, value);
      return true;
    case "--allow-ns":
      allowed.namespaces = [...allowed.namespaces, ...value.split(",")];
      return true;
    case "--allow-all-ns":
      allowed.allNamespaces = parseBoolean(flag, value);
      return true;
    case "--allow-cluster":
      allowed.cluster = parseBoolean(flag, value);
      return true;
    default:
      return false;
  }
}

function unknown(flag: string): OptionFault {
  return new OptionFault({ code: "DEPLOY_OPTION_UNSUPPORTED", flag });
}
