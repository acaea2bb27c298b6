/**
 * The program that a person's own kubeconfig names for logging in, run as kubectl runs it: Kubernetes' client.authentication.k8s.io. Kubeconfigs that Apps name are
 * never read here: nothing from a Secret is run.
 */
import { spawn } from "node:child_process";
import { resolve, sep } from "node:path";
import type { BearerToken, ClientCertificate } from "../../cluster/index.ts";
import { isList, isMap, type Json, type JsonMap, own, parseJson, stringifyJson } from "../../resource/index.ts";
import { CommandError } from "../exit-code.ts";

/** `user.exec` of a kubeconfig, and what the program may have to know. */
export interface ExecStanza {
  readonly exec: JsonMap;
  /** The kubeconfig's: a command with a slash in it is relative to it. */
  readonly folder: string;
  readonly cluster: JsonMap;
}

export interface ExecHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person may be asked. */
  readonly isInteractive: boolean;
  readonly signal: AbortSignal;
}

/** What a program answered. */
export interface ExecAnswer {
  readonly token?: BearerToken;
  readonly clientCertificate?: ClientCertificate;
}

const versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** More than any token or certificate has. */
const maxAnswerBytes = 1 << 20;

/**
 * Runs the program; what it writes to standard error goes to this process's.
 * @throws CommandError in client-go's words; no answer of the program is quoted, which holds a credential.
 */
export async function runExecLogin(stanza: ExecStanza, host: ExecHost): Promise<ExecAnswer> {
  const { exec, folder } = stanza;
  const command = text(exec, "command");
  if (command === "") throw failure("exec: command must be specified");
  const apiVersion = text(exec, "apiVersion");
  if (!versions.includes(apiVersion))
    throw failure(`exec plugin: invalid apiVersion "${apiVersion}" (hint: ${versions.join(" or ")})`);
  const mode = text(exec, "interactiveMode") || "IfAvailable";
  if (mode === "Always" && !host.isInteractive)
    throw failure(
      `exec plugin cannot support interactive mode: ${command} has to ask, and standard input is no terminal`,
    );
  const isInteractive = mode !== "Never" && host.isInteractive;
  const program = command.includes("/") || command.includes(sep) ? resolve(folder, command) : command;
  const { exitCode, answer } = await run(
    program,
    listAt(exec, "args").filter((value) => typeof value === "string"),
    {
      cwd: host.cwd,
      signal: host.signal,
      stdin: isInteractive ? "inherit" : "ignore",
      env: {
        ...host.environment,
        ...environmentOf(exec),
        KUBERNETES_EXEC_INFO: stringifyJson(infoFor(stanza, apiVersion, isInteractive)),
      },
    },
  ).catch((error: unknown) => {
    host.signal.throwIfAborted();
    const hint = text(exec, "installHint");
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    const problem = isAbsent
      ? "not found"
      : `cannot be run (${error instanceof Error ? error.message : String(error)})`;
    throw failure(`exec: executable ${command} ${problem}${hint === "" ? "" : `\n\n${hint}`}`);
  });
  if (exitCode !== 0) throw failure(`exec: executable ${command} failed with exit code ${exitCode}`);
  return readAnswer(answer, command, apiVersion);
}

interface RunOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly stdin: "inherit" | "ignore";
  readonly env: NodeJS.ProcessEnv;
}

function run(
  program: string,
  args: readonly string[],
  { stdin, ...options }: RunOptions,
): Promise<{ readonly exitCode: number | string; readonly answer: string }> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { ...options, stdio: [stdin, "pipe", "inherit"] });
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= maxAnswerBytes) parts.push(part);
      else child.kill();
    });
    child.on("error", reject);
    child.on("close", (code, signal) =>
      done({ exitCode: code ?? signal ?? "none", answer: Buffer.concat(parts).toString("utf8") }),
    );
  });
}

function infoFor({ exec, cluster }: ExecStanza, apiVersion: string, interactive: boolean): JsonMap {
  const config = listAt(cluster, "extensions").find(
    (entry) => own(entry, "name") === "client.authentication.k8s.io/exec",
  );
  const { extensions: _, ...about } = cluster;
  const spec = { interactive, ...(own(exec, "provideClusterInfo") === true ? { cluster: about } : {}) };
  const extension = own(config, "extension");
  if (!("cluster" in spec) || extension === undefined) return { kind: "ExecCredential", apiVersion, spec };
  return { kind: "ExecCredential", apiVersion, spec: { ...spec, cluster: { ...about, config: extension } } };
}

function readAnswer(answer: string, command: string, apiVersion: string): ExecAnswer {
  const bad = (problem: string): CommandError => failure(`exec: the answer of ${command} ${problem}`);
  let credential: Json;
  try {
    credential = parseJson(answer);
  } catch {
    throw bad("is not JSON");
  }
  if (own(credential, "apiVersion") !== apiVersion)
    throw bad(`has another apiVersion than the kubeconfig, which asks for ${apiVersion}`);
  const status = own(credential, "status");
  const [token, certificate, key] = ["token", "clientCertificateData", "clientKeyData"].map((field) =>
    isMap(status) ? text(status, field) : "",
  );
  if ((certificate === "") !== (key === "")) throw bad("has only one of certificate and key");
  if (!token && !certificate) throw bad("has neither a token nor a certificate");
  const expiry = isMap(status) ? text(status, "expirationTimestamp") : "";
  const expiresAt = expiry === "" ? Number.POSITIVE_INFINITY : Date.parse(expiry);
  if (Number.isNaN(expiresAt)) throw bad("has an expirationTimestamp that is no time");
  return {
    ...(token ? { token: { token, expiresAt } } : {}),
    ...(certificate && key ? { clientCertificate: { certificate, key } } : {}),
  };
}

function environmentOf(exec: JsonMap): Record<string, string> {
  return Object.fromEntries(
    listAt(exec, "env").flatMap((entry) =>
      isMap(entry) && text(entry, "name") !== "" ? [[text(entry, "name"), text(entry, "value")]] : [],
    ),
  );
}

/** Empty where there is no list. */
export function listAt(map: JsonMap, field: string): readonly Json[] {
  const list = own(map, field);
  return isList(list) ? list : [];
}

function text(map: JsonMap, field: string): string {
  const value = own(map, field);
  return typeof value === "string" ? value : "";
}

function failure(problem: string): CommandError {
  return new CommandError(`getting credentials: ${problem}`);
}
