import { isList, isMap, type Json, own } from "../resource/index.ts";
import type { EksLogin } from "./cluster-access.ts";

/** What an `exec` stanza asks for. */
export type EksStanza =
  /** Another program than those that print EKS tokens. */
  | { readonly kind: "other" }
  | { readonly kind: "login"; readonly login: EksLogin }
  /** An EKS stanza with something that cannot be read as data; `problem` ends a sentence that begins with the stanza's place. */
  | { readonly kind: "problem"; readonly problem: string };

/** Where each option's value goes; the words are those of `aws eks get-token` and `aws-iam-authenticator token`. */
type Field = "cluster" | "region" | "role" | "ignored" | "profile";

const awsOptions: Readonly<Record<string, Field>> = {
  "--cluster-name": "cluster",
  "--cluster-id": "cluster",
  "--role-arn": "role",
  "--role": "role",
  "--region": "region",
  "--output": "ignored",
  "--profile": "profile",
};
const authenticatorOptions: Readonly<Record<string, Field>> = {
  "-i": "cluster",
  "--cluster-id": "cluster",
  "-r": "role",
  "--role": "role",
  "--region": "region",
  "--output": "ignored",
  "-o": "ignored",
};
/** Options without a value that change nothing about the token. */
const flags = new Set(["--no-cli-pager", "--cache", "--no-cli-auto-prompt"]);

/** Variables that change nothing about the token: lateen always asks the region's own STS. */
const harmlessVariables = new Set([
  "AWS_STS_REGIONAL_ENDPOINTS",
  "AWS_PAGER",
  "AWS_CLI_AUTO_PROMPT",
  "AWS_DEFAULT_OUTPUT",
]);

const profileHint =
  "lateen reads no AWS profile: name a role instead (--role-arn), which lateen assumes with its own AWS credentials";

/**
 * Reads the stanza that `aws eks update-kubeconfig`, eksctl and aws-iam-authenticator write into kubeconfigs. It is data: nothing is run
 * (reliability.md B84). `interactiveMode`, `provideClusterInfo`, `installHint` and `apiVersion` say nothing about the token.
 */
export function readEksStanza(exec: Json, server: URL): EksStanza {
  const command = own(exec, "command");
  const program =
    typeof command === "string"
      ? command
          .split(/[/\\]/)
          .at(-1)
          ?.replace(/\.exe$/i, "")
      : undefined;
  if (program !== "aws" && program !== "aws-iam-authenticator") return { kind: "other" };
  const args = own(exec, "args") ?? [];
  if (!isList(args) || !args.every((arg) => typeof arg === "string"))
    return problem("has args that are no list of texts");
  const { found, words, problem: fault } = readArguments(args, program === "aws" ? awsOptions : authenticatorOptions);
  const verb = program === "aws" ? ["eks", "get-token"] : ["token"];
  if (!verb.every((word, index) => words[index] === word)) return { kind: "other" };
  if (fault !== undefined) return problem(fault);
  const extra = words[verb.length];
  if (extra !== undefined) return problem(`has the argument ${shown(extra)}, which lateen does not read`);
  if (found.has("profile")) return problem(`has --profile, and ${profileHint}`);
  const variables = readVariables(own(exec, "env"));
  if (typeof variables === "string") return problem(variables);

  const clusterName = found.get("cluster");
  if (clusterName === undefined) return problem("names no cluster (--cluster-name)");
  if (!/^[0-9A-Za-z][\w-]{0,99}$/.test(clusterName)) return problem("has a cluster name that EKS does not allow");
  const roleArn = found.get("role");
  if (roleArn !== undefined && !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(roleArn))
    return problem("has a role that is not arn:aws:iam::ACCOUNT:role/NAME");
  const region =
    found.get("region") ??
    variables.get("AWS_REGION") ??
    variables.get("AWS_DEFAULT_REGION") ??
    eksServerRegion(server);
  if (region === undefined)
    return problem("names no region; add --region, or use the server address that EKS gave to the cluster");
  // It becomes part of a host name.
  if (!/^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/.test(region)) return problem("has a region that is none");
  return { kind: "login", login: { clusterName, region, ...(roleArn === undefined ? {} : { roleArn }) } };
}

/** The region in a server name that EKS gives out; `undefined` for every other server. */
export function eksServerRegion({ protocol, hostname }: URL): string | undefined {
  if (protocol !== "https:") return undefined;
  const host = hostname.replace(/\.$/, "");
  const classic = /^[\w-]+\.[\w-]+\.([a-z0-9-]+)\.eks\.amazonaws\.com(?:\.cn)?$/.exec(host);
  const dualStack =
    /^[\w-]+\.(?:[\w-]+\.)?eks-cluster\.([a-z0-9-]+)\.(?:api\.aws|api\.amazonwebservices\.com\.cn)$/.exec(host);
  return classic?.[1] ?? dualStack?.[1];
}

function readArguments(
  args: readonly string[],
  options: Readonly<Record<string, Field>>,
): { readonly found: ReadonlyMap<Field, string>; readonly words: readonly string[]; readonly problem?: string } {
  const found = new Map<Field, string>();
  const words: string[] = [];
  let fault: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const [name = "", ...rest] = arg.split("=");
    if (flags.has(name)) continue;
    const field = Object.hasOwn(options, name) ? options[name] : undefined;
    if (field === undefined) {
      fault ??= `has the option ${shown(name)}, which lateen does not read`;
      continue;
    }
    const value = rest.length > 0 ? rest.join("=") : args[++index];
    if (value === undefined || value === "") fault ??= `has ${name} without a value`;
    else if (field !== "ignored" && found.has(field) && found.get(field) !== value) fault ??= `has ${name} twice`;
    else found.set(field, value);
  }
  return { found, words, ...(fault === undefined ? {} : { problem: fault }) };
}

/** The region variables that are set, or what is wrong. */
function readVariables(env: Json | undefined): ReadonlyMap<string, string> | string {
  const found = new Map<string, string>();
  if (env === undefined || env === null) return found;
  if (!isList(env)) return "has an env that is no list";
  for (const entry of env) {
    const name = isMap(entry) ? own(entry, "name") : undefined;
    const value = isMap(entry) ? own(entry, "value") : undefined;
    if (typeof name !== "string" || typeof value !== "string") return "has an env entry without name and value texts";
    if (name === "AWS_PROFILE" || name === "AWS_DEFAULT_PROFILE") return `sets ${name}, and ${profileHint}`;
    if (name === "AWS_REGION" || name === "AWS_DEFAULT_REGION") {
      if (value !== "") found.set(name, value);
    } else if (!harmlessVariables.has(name)) return `sets the variable ${shown(name)}, which lateen does not read`;
  }
  return found;
}

function problem(text: string): EksStanza {
  return { kind: "problem", problem: text };
}

function shown(text: string): string {
  return text.slice(0, 60).replace(/[^\x21-\x7e]/g, "?");
}
