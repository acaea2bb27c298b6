/**
 * A person's own kubeconfig, found and read as kubectl and kapp do: by flag, by environment, in the home folder, or a Pod's own ServiceAccount; files that it
 * names are opened, relative to its own folder.
 */
import { readFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { isMap, type Json, type JsonMap, own, parseYamlStream, stringifyYaml } from "../../resource/index.ts";
import { CommandError } from "../exit-code.ts";
import { type ExecStanza, listAt } from "./exec-login.ts";

export interface KubeconfigSource {
  /** `--kubeconfig`, `--kubeconfig-context`, `--kubeconfig-yaml`; empty where not given. */
  readonly path: string;
  readonly context: string;
  readonly yaml: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Folder of the Pod's ServiceAccount, for where there is no kubeconfig. */
  readonly serviceAccountFolder: string;
}

export interface OwnKubeconfig {
  /** With one context; it names no files. */
  readonly text: string;
  /** The same without the program that logs in. Absent where there is none. */
  readonly withExec?: { readonly stanza: ExecStanza; readonly textWithout: string };
}

/** @throws CommandError */
export function readKubeconfig(source: KubeconfigSource): OwnKubeconfig {
  const { environment } = source;
  const yaml = source.yaml || (environment["KAPP_KUBECONFIG_YAML"] ?? "");
  const context = source.context || (environment["KAPP_KUBECONFIG_CONTEXT"] ?? "");
  const files =
    yaml === ""
      ? openFiles(source)
      : [{ title: "--kubeconfig-yaml", folder: source.cwd, text: withServiceAddress(yaml, environment) }];
  const { config, userFolder } = oneContext(files.map(parse), context);
  const text = textOf(config);
  const [user] = listAt(config, "users");
  const exec = own(own(user, "user"), "exec");
  if (!isMap(exec)) return { text };
  const cluster = own(listAt(config, "clusters")[0], "cluster");
  const stanza = { exec, folder: userFolder, cluster: isMap(cluster) ? cluster : {} };
  return { text, withExec: { stanza, textWithout: textOf(withoutExec(config)) } };
}

function textOf(config: JsonMap): string {
  return stringifyYaml(config, { keyOrder: "natural", width: 80 });
}

function withoutExec(config: JsonMap): JsonMap {
  const users = listAt(config, "users").map((entry) => {
    const user = own(entry, "user");
    if (!isMap(entry) || !isMap(user)) return entry;
    const { exec: _, ...rest } = user;
    return { ...entry, user: rest };
  });
  return { ...config, users };
}

interface KubeconfigFile {
  readonly title: string;
  /** What its paths are relative to. */
  readonly folder: string;
  readonly text: string;
}

/** The one file of `--kubeconfig`, which must be there; or those of $KUBECONFIG; or the one in the home folder; or what a Pod has. */
function openFiles(source: KubeconfigSource): KubeconfigFile[] {
  const { path, environment, cwd } = source;
  const asked = path || (environment["KAPP_KUBECONFIG"] ?? "");
  if (asked !== "") {
    const file = open(resolve(cwd, asked));
    if (file === undefined) throw failure(`stat ${asked}: no such file or directory`);
    return [file];
  }
  const listed = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((name) => name !== "");
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? "";
  const paths = listed.length > 0 || home === "" ? listed : [join(home, ".kube", "config")];
  const found = paths.flatMap((name) => open(resolve(cwd, name)) ?? []);
  if (found.length > 0) return found;
  const inPod = podKubeconfig(source);
  if (inPod !== undefined) return [inPod];
  throw failure(
    `no kubeconfig was found (looked at: ${paths.join(", ") || "nothing"}); give one with --kubeconfig or KUBECONFIG`,
  );
}

/** As client-go finds the cluster that a Pod runs in. `undefined` outside of one. */
function podKubeconfig({ environment, serviceAccountFolder: folder }: KubeconfigSource): KubeconfigFile | undefined {
  const address = serviceAddress(environment);
  if (address === "" || open(join(folder, "token")) === undefined) return undefined;
  const name = "in-cluster";
  const namespace = open(join(folder, "namespace"))?.text.trim() ?? "";
  const config = {
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace === "" ? {} : { namespace }) } }],
    clusters: [{ name, cluster: { server: `https://${address}`, "certificate-authority": "ca.crt" } }],
    users: [{ name, user: { tokenFile: "token" } }],
  };
  return { title: "the Pod's ServiceAccount", folder, text: JSON.stringify(config) };
}

/** `undefined` for a file that is not there. */
function open(path: string): KubeconfigFile | undefined {
  try {
    return { title: path, folder: dirname(path), text: readFileSync(path, "utf8") };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw failure(`${path} cannot be read (${codeOf(error)})`);
  }
}

function withServiceAddress(yaml: string, environment: KubeconfigSource["environment"]): string {
  return yaml.replaceAll("${KAPP_KUBERNETES_SERVICE_HOST_PORT}", serviceAddress(environment));
}

/** `host:port` of the cluster that this process runs in; empty outside of one. */
function serviceAddress(environment: KubeconfigSource["environment"]): string {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "";
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return port === "" ? host : `${bracketed}:${port}`;
}

interface ParsedFile {
  readonly config: JsonMap;
  readonly folder: string;
}

function parse({ title, folder, text }: KubeconfigFile): ParsedFile {
  const { documents, diagnostics } = parseYamlStream(text, { file: title });
  const [fault] = diagnostics;
  // The words of a fault may quote the text, and that holds credentials.
  if (fault !== undefined) throw failure(`${title}: no YAML (fault on line ${fault.line})`);
  const value = documents[0]?.value ?? {};
  if (!isMap(value)) throw failure(`${title}: no map with clusters, users and contexts`);
  return { config: value, folder };
}

interface OneContext {
  readonly config: JsonMap;
  /** Of the file that the user stands in. */
  readonly userFolder: string;
}

/** Of several files the first one that knows a name counts. Names that are nowhere stay as they are, for whoever reads the result to tell. */
function oneContext(files: readonly ParsedFile[], asked: string): OneContext {
  const current =
    asked || (files.map(({ config }) => own(config, "current-context")).find((name) => isText(name)) ?? "");
  const all = (list: string): Named[] =>
    files.flatMap(({ config, folder }) =>
      listAt(config, list).flatMap((entry) => (isMap(entry) ? [{ entry, folder }] : [])),
    );
  const pick = (list: string, name: Json | undefined): readonly Named[] => {
    const named = all(list);
    const found = named.find(({ entry }) => own(entry, "name") === name);
    return found === undefined
      ? named.map(({ entry, folder }) => ({ entry: { name: own(entry, "name") ?? "" }, folder }))
      : [found];
  };
  const contexts = pick("contexts", current);
  const [context] = contexts;
  const body = own(context?.entry, "context");
  const entries = (list: string, key: string, files: readonly FileField[]): Json[] =>
    pick(list, own(body, key)).map(({ entry, folder }) => withFiles(entry, key, files, folder));
  const config = {
    "current-context": current,
    contexts: contexts.map(({ entry }) => entry),
    clusters: entries("clusters", "cluster", [{ file: "certificate-authority", text: "certificate-authority-data" }]),
    users: entries("users", "user", [
      { file: "client-certificate", text: "client-certificate-data" },
      { file: "client-key", text: "client-key-data" },
      { file: "tokenFile", text: "token" },
    ]),
  };
  return { config, userFolder: pick("users", own(body, "user"))[0]?.folder ?? "" };
}

interface Named {
  readonly entry: JsonMap;
  readonly folder: string;
}

interface FileField {
  readonly file: string;
  /** The field that holds the same as text: base64, but for a token. */
  readonly text: string;
}

function withFiles(entry: JsonMap, key: string, fields: readonly FileField[], folder: string): JsonMap {
  const body = own(entry, key);
  if (!isMap(body)) return entry;
  let result: JsonMap = body;
  for (const { file, text } of fields) {
    const { [file]: path, ...rest } = result;
    if (!isText(path)) continue;
    const isToken = text === "token";
    // A token's file counts more than a token beside it, data more than its file: as client-go has it.
    const hasText = isText(own(rest, text)) && !isToken;
    result = hasText ? rest : { ...rest, [text]: fileText(resolve(folder, path), file, isToken ? "utf8" : "base64") };
  }
  return { ...entry, [key]: result };
}

function fileText(path: string, field: string, encoding: "utf8" | "base64"): string {
  try {
    return readFileSync(path).toString(encoding).trim();
  } catch (error) {
    throw failure(`${field} ${path} cannot be read (${codeOf(error)})`);
  }
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function failure(problem: string): CommandError {
  return new CommandError(`Building Kubernetes config: ${problem}`);
}
