import { z } from "zod";
import type { LogLevel } from "../base/index.ts";
import type { DeletionLimits } from "../deploy/index.ts";
import {
  deletionLimitsFrom,
  isAddressRange,
  logLevels,
  mostDeletions,
  periodOf,
  rawOptionPattern,
  secretNamePattern,
  wanted,
} from "./setting-values.ts";
import { type Setting, settings } from "./settings.ts";

/** How one lateen process runs, checked and complete. Paths are as the operator wrote them, relative to the working folder. */
export interface LocalConfig {
  readonly dataDir: string;
  readonly appsDir: string | undefined;
  /** Path of the home cluster's kubeconfig. */
  readonly homeKubeconfig: string | undefined;
  /** ServiceAccounts and RBAC objects of the hub go to the home cluster, if there is one. */
  readonly forwardIdentities: boolean;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Without a slash at the end. */
  readonly publicUrl: string | undefined;
  readonly tls:
    | { readonly mode: "self-signed" | "off" }
    | { readonly mode: "files"; readonly certFile: string; readonly keyFile: string };
  /** Each file holds one secret. */
  readonly webhookSecretFiles: readonly string[];
  readonly webhookSecrets: readonly string[];
  readonly syncPeriodMs: number;
  readonly fullComparisonPeriodMs: number;
  /** 1 to 200. */
  readonly appsAtOnce: number;
  readonly secrets:
    | { readonly backend: "files" }
    | { readonly backend: "aws-secrets-manager"; readonly prefix: string; readonly region: string | undefined };
  /** CIDR ranges, `loopback`, `private`. */
  readonly allowedAddresses: readonly string[];
  /** Fewer calls at once to a run cluster that says it has too many. */
  readonly adaptiveCalls: boolean;
  /** kapp options with their dashes: `--dangerous-…`. */
  readonly forbiddenRawOptions: readonly string[];
  /** What one deploy may delete of an App without an approval. */
  readonly deletionLimits: DeletionLimits;
  readonly logLevel: LogLevel;
}

/** The three places that settings come from, each by key of the settings table. */
export interface ConfigSources {
  /** Parsed flags. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Environment variables by their own names. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What `lateen.yml` holds; `undefined` without such a file. */
  readonly file?: unknown;
}

/** Either a whole config or every fault at once: the name of the setting and the place it came from, never its value. */
export type ParsedConfig = { readonly config: LocalConfig } | { readonly faults: readonly string[] };

/** Merges flags, environment, file and defaults, in this order of precedence, and checks the result. */
export function parseConfig(sources: ConfigSources = {}): ParsedConfig {
  const faults: string[] = [];
  const file = fileSettings(sources.file, faults);
  const origins = new Map<string, string>();
  const values: Record<string, unknown> = {};
  for (const setting of settings) {
    const found = findValue(setting, sources, file);
    if (found === undefined) continue;
    origins.set(setting.key, found.origin);
    values[setting.key] = found.value;
  }
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0] ?? "");
    faults.push(`${origins.get(key) ?? key}: ${issue.message}`);
  }
  return parsed.success && faults.length === 0 ? { config: toConfig(parsed.data) } : { faults };
}

/** kapp-controller's floor for sync periods is 30 s; tests and demos need less. */
const minPeriodMs = 100;
/** reliability.md T1 wants 32; hooks that exist already may have shorter ones, which are warned about. */
const minSecretLength = 16;

const text = z.string("must be text").min(1, "must not be empty");
const list = z.array(text, "must be a list of texts");

const duration = text.transform((value, context) => {
  const ms = periodOf(value, minPeriodMs);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: wanted.period(`${minPeriodMs}ms`) });
  return z.NEVER;
});

function wholeNumber(least: number, most: number): z.ZodType<number> {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .union([z.number(), text.regex(/^\d+$/).transform(Number)], message)
    .pipe(z.number().int(message).min(least, message).max(most, message));
}

const switchValue = z
  .union([z.boolean(), z.enum(["true", "false"])], "must be true or false")
  .transform((value) => value === true || value === "true");

const schema = z
  .object({
    dataDir: text,
    appsDir: text.optional(),
    homeKubeconfig: text.optional(),
    forwardIdentities: switchValue,
    host: text,
    port: wholeNumber(0, 65_535),
    publicUrl: z
      .url({ protocol: /^https?$/, error: wanted.httpUrl })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    tlsCert: text.optional(),
    tlsKey: text.optional(),
    tls: switchValue,
    webhookSecretFiles: list.default([]),
    webhookSecrets: z
      .array(
        text.min(minSecretLength, `each must have ${minSecretLength} characters or more (hint: openssl rand -hex 32)`),
      )
      .default([]),
    syncPeriod: duration,
    fullComparisonPeriod: duration,
    appsAtOnce: wholeNumber(1, 200),
    secrets: z.enum(["files", "aws-secrets-manager"], "must be files or aws-secrets-manager"),
    awsSecretsPrefix: text.regex(secretNamePattern, wanted.secretName),
    awsRegion: text.optional(),
    allowedAddresses: z.array(text.refine(isAddressRange, wanted.addressRange)),
    adaptiveCalls: switchValue,
    forbiddenRawOptions: z.array(text.regex(rawOptionPattern, wanted.rawOption)).default([]),
    maxDeletions: wholeNumber(0, mostDeletions).optional(),
    maxDeletedPercent: wholeNumber(0, 100).optional(),
    logLevel: z.enum(logLevels, wanted.logLevel),
  })
  .superRefine((value, context) => {
    if ((value.tlsCert === undefined) !== (value.tlsKey === undefined)) {
      const [given, missing] = value.tlsCert === undefined ? ["tlsKey", "tlsCert"] : ["tlsCert", "tlsKey"];
      context.addIssue({ code: "custom", path: [given], message: `needs ${missing} beside it` });
    }
    if (!value.tls && value.tlsCert !== undefined) {
      context.addIssue({ code: "custom", path: ["tlsCert"], message: "contradicts the wish for plain HTTP" });
    }
  });

function toConfig(value: z.output<typeof schema>): LocalConfig {
  const {
    tls,
    tlsCert,
    tlsKey,
    syncPeriod,
    fullComparisonPeriod,
    maxDeletions,
    maxDeletedPercent,
    secrets,
    awsSecretsPrefix,
    awsRegion,
    ...same
  } = value;
  return {
    ...same,
    appsDir: value.appsDir,
    homeKubeconfig: value.homeKubeconfig,
    publicUrl: value.publicUrl,
    tls:
      tlsCert !== undefined && tlsKey !== undefined
        ? { mode: "files", certFile: tlsCert, keyFile: tlsKey }
        : { mode: tls ? "self-signed" : "off" },
    syncPeriodMs: syncPeriod,
    fullComparisonPeriodMs: fullComparisonPeriod,
    deletionLimits: deletionLimitsFrom(maxDeletions, maxDeletedPercent),
    secrets:
      secrets === "files" ? { backend: secrets } : { backend: secrets, prefix: awsSecretsPrefix, region: awsRegion },
  };
}

function findValue(
  setting: Setting,
  { flags = {}, environment = {} }: ConfigSources,
  file: Readonly<Record<string, unknown>>,
): { readonly value: unknown; readonly origin: string } | undefined {
  const flag = flags[setting.key];
  if (flag !== undefined && setting.flag !== undefined) return { value: flag, origin: setting.flag };
  const variable = environment[setting.variable];
  // An empty variable counts as unset, as in most shells' `${X:-default}`.
  if (variable !== undefined && variable.trim() !== "")
    return { value: fromText(setting, variable), origin: setting.variable };
  if (Object.hasOwn(file, setting.key)) return { value: file[setting.key], origin: `lateen.yml ${setting.key}` };
  return setting.default === undefined ? undefined : { value: fromText(setting, setting.default), origin: setting.key };
}

function fromText(setting: Setting, value: string): unknown {
  return setting.isList === true ? value.trim().split(/\s+/) : value.trim();
}

function fileSettings(file: unknown, faults: string[]): Readonly<Record<string, unknown>> {
  if (file === undefined || file === null) return {};
  if (typeof file !== "object" || Array.isArray(file)) {
    faults.push("lateen.yml: must be a map of settings");
    return {};
  }
  for (const key of Object.keys(file)) {
    const setting = settings.find((known) => known.key === key);
    if (setting === undefined)
      faults.push(`lateen.yml ${key}: unknown setting (known: ${settings.map((known) => known.key).join(", ")})`);
    else if (setting.isSecret === true)
      faults.push(`lateen.yml ${key}: may only come from the environment (${setting.variable})`);
  }
  // A plain object with own members only: it comes from our YAML reader.
  return file as Readonly<Record<string, unknown>>;
}
