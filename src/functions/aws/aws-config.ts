import type { LogLevel } from "../../base/index.ts";
import type { DeletionLimits } from "../../deploy/index.ts";
import type { SqsQueueName } from "../../adapters/aws/index.ts";
import {
  deletionLimitsFrom,
  isAddressRange,
  isLogLevel,
  mostDeletions,
  periodOf,
  rawOptionPattern,
  secretNamePattern,
  wanted as allowed,
} from "../setting-values.ts";

/** How the functions on AWS run, checked and complete. Names only: what is secret is read from the secrets manager. */
export interface AwsConfig {
  readonly region: string;
  /** For emulators and private endpoints: all services, or single ones. */
  readonly endpoint: string | undefined;
  readonly endpoints: { readonly [Service in "dynamodb" | "sqs" | "secretsmanager" | "sts"]?: string };
  /** DynamoDB table. */
  readonly table: string;
  /** Queues that this function may send to. */
  readonly queueUrls: Readonly<Partial<Record<SqsQueueName, string>>>;
  /** Secrets of the hub are named `PREFIX/NAMESPACE/NAME`. */
  readonly secretsPrefix: string;
  /** Names of the secrets that hold webhook secrets. */
  readonly hookSecrets: readonly string[];
  readonly syncPeriodMs: number;
  readonly fullComparisonPeriodMs: number;
  /** Secret of the hub that holds the home cluster's kubeconfig. */
  readonly homeKubeconfigSecret: { readonly namespace: string; readonly name: string } | undefined;
  /** CIDR ranges, `loopback`, `private`; public addresses are always allowed. */
  readonly allowedAddresses: readonly string[];
  /** Fewer calls at once to a run cluster that says it has too many. */
  readonly adaptiveCalls: boolean;
  /** kapp options with their dashes: `--dangerous-…`. */
  readonly forbiddenRawOptions: readonly string[];
  readonly deletionLimits: DeletionLimits;
  readonly logLevel: LogLevel;
  /** CloudWatch namespace of the measurements. */
  readonly metricsNamespace: string;
  /** Shown by the by-hand API. */
  readonly version: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Either a whole config or every fault at once: the name of the variable, never its value. */
export type ParsedAwsConfig = { readonly config: AwsConfig } | { readonly faults: readonly string[] };

const queueVariables: Readonly<Record<SqsQueueName, string>> = {
  app: "LATEEN_QUEUE_APP",
  background: "LATEEN_QUEUE_BACKGROUND",
  source: "LATEEN_QUEUE_SOURCE",
  drift: "LATEEN_QUEUE_DRIFT",
  tick: "LATEEN_QUEUE_TICK",
};
/** The variables of AWS' own kits. */
const endpointVariables = {
  dynamodb: "AWS_ENDPOINT_URL_DYNAMODB",
  sqs: "AWS_ENDPOINT_URL_SQS",
  secretsmanager: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
  sts: "AWS_ENDPOINT_URL_STS",
} as const;
const services = ["dynamodb", "sqs", "secretsmanager", "sts"] as const;
const queueNames: readonly SqsQueueName[] = ["app", "background", "source", "drift", "tick"];
/** A second: SQS delays in whole seconds. */
const minPeriodMs = 1_000;

/**
 * Reads a function's environment. Written by hand instead of with a schema library, which would be a third of the ingress function.
 * @param needs queues that the function cannot work without.
 */
export function parseAwsConfig(environment: Environment, needs: readonly SqsQueueName[] = []): ParsedAwsConfig {
  const faults: string[] = [];
  /** Blank counts as unset, as in most shells' `${X:-default}`. */
  const optional = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const checked = (
    name: string,
    fallback: string | undefined,
    check: (value: string) => string | undefined,
  ): string => {
    const value = optional(name) ?? fallback;
    const fault = value === undefined ? "is missing" : check(value);
    if (fault !== undefined) faults.push(`${name}: ${fault}`);
    return value ?? "";
  };
  const list = (
    name: string,
    fallback: string,
    isGood: (word: string) => boolean,
    wanted: string,
  ): readonly string[] =>
    checked(name, fallback, (value) => (words(value).every(isGood) ? undefined : wanted)) === ""
      ? []
      : words(optional(name) ?? fallback);
  const period = (name: string, fallback: string): number => {
    const value = checked(name, fallback, (text) =>
      periodOf(text, minPeriodMs) === undefined ? allowed.period("1s") : undefined,
    );
    return periodOf(value, minPeriodMs) ?? 0;
  };
  const url = (name: string): string | undefined =>
    optional(name) === undefined
      ? undefined
      : checked(name, undefined, (value) => (isHttpUrl(value) ? undefined : allowed.httpUrl)).replace(/\/+$/, "");

  const wholeNumber = (name: string, most: number): number | undefined => {
    const value = optional(name);
    if (value === undefined) return undefined;
    if (/^\d{1,7}$/.test(value) && Number(value) <= most) return Number(value);
    faults.push(`${name}: must be a whole number from 0 to ${most}`);
    return undefined;
  };

  const queueUrls: Partial<Record<SqsQueueName, string>> = {};
  for (const queue of queueNames) {
    const value = optional(queueVariables[queue]);
    if (value === undefined) {
      if (needs.includes(queue)) faults.push(`${queueVariables[queue]}: is missing`);
      // Passed on as it is: emulators name queues by hosts that are no URL to Node.
    } else if (/^https?:\/\/\S+$/.test(value)) queueUrls[queue] = value;
    else faults.push(`${queueVariables[queue]}: must be the URL of a queue`);
  }
  const endpoints: { -readonly [Service in keyof AwsConfig["endpoints"]]: string } = {};
  for (const service of services) {
    const value = url(endpointVariables[service]);
    if (value !== undefined) endpoints[service] = value;
  }
  const config: AwsConfig = {
    region: checked("AWS_REGION", optional("AWS_DEFAULT_REGION"), (value) =>
      /^[a-z0-9-]+$/.test(value) ? undefined : "must be a region such as eu-central-1",
    ),
    endpoint: url("AWS_ENDPOINT_URL"),
    endpoints,
    table: checked("LATEEN_TABLE", undefined, (value) =>
      /^[\w.:/-]{3,1024}$/.test(value) ? undefined : "must be the name of a DynamoDB table",
    ),
    queueUrls,
    secretsPrefix: checked("LATEEN_SECRETS_PREFIX", "lateen", (value) =>
      secretNamePattern.test(value) ? undefined : allowed.secretName,
    ),
    hookSecrets: list(
      "LATEEN_HOOK_SECRETS",
      `${optional("LATEEN_HOOKS_PREFIX") ?? "lateen-hooks"}/github`,
      (word) => secretNamePattern.test(word),
      "must be names of secrets, separated by spaces",
    ),
    syncPeriodMs: period("LATEEN_SYNC_PERIOD", "30s"),
    fullComparisonPeriodMs: period("LATEEN_FULL_COMPARISON_PERIOD", "10m"),
    homeKubeconfigSecret: secretReference(optional("LATEEN_HOME_KUBECONFIG_SECRET"), faults),
    allowedAddresses: list("LATEEN_ALLOWED_ADDRESSES", "", isAddressRange, allowed.addressRange),
    adaptiveCalls:
      checked("LATEEN_ADAPTIVE_CALLS", "true", (value) =>
        value === "true" || value === "false" ? undefined : "must be true or false",
      ) === "true",
    forbiddenRawOptions: list(
      "LATEEN_FORBIDDEN_RAW_OPTIONS",
      "",
      (word) => rawOptionPattern.test(word),
      allowed.rawOption,
    ),
    deletionLimits: deletionLimitsFrom(
      wholeNumber("LATEEN_MAX_DELETIONS", mostDeletions),
      wholeNumber("LATEEN_MAX_DELETED_PERCENT", 100),
    ),
    metricsNamespace: optional("LATEEN_METRICS_NAMESPACE") ?? "lateen",
    version: optional("LATEEN_VERSION") ?? "unknown",
    logLevel: logLevelOf(optional("LATEEN_LOG_LEVEL") ?? "info", faults),
  };
  return faults.length === 0 ? { config } : { faults };
}

/** @throws Error with every fault, for the start of a function: Lambda shows it as the reason of the failed start. */
export function requireAwsConfig(environment: Environment, needs: readonly SqsQueueName[] = []): AwsConfig {
  const parsed = parseAwsConfig(environment, needs);
  if ("config" in parsed) return parsed.config;
  throw new Error(`the function's environment is incomplete or wrong: ${parsed.faults.join("; ")}`);
}

function logLevelOf(word: string, faults: string[]): LogLevel {
  if (isLogLevel(word)) return word;
  faults.push(`LATEEN_LOG_LEVEL: ${allowed.logLevel}`);
  return "info";
}

function secretReference(value: string | undefined, faults: string[]): AwsConfig["homeKubeconfigSecret"] {
  if (value === undefined) return undefined;
  const [namespace, name, ...rest] = value.split("/");
  if (namespace !== undefined && namespace !== "" && name !== undefined && name !== "" && rest.length === 0)
    return { namespace, name };
  faults.push("LATEEN_HOME_KUBECONFIG_SECRET: must be NAMESPACE/NAME of a Secret in the hub");
  return undefined;
}

function words(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== "");
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
