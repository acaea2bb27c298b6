import { newClusters, newContexts, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import { isList, isMap, type Json, type JsonMap, own, parseYamlStream } from "../resource/index.ts";
import type { ClusterAccess, EksLogin, Impersonation } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";
import { readAuthority, readClientCertificate, readToken } from "./kubeconfig-credentials.ts";
import type { KubeconfigPolicy } from "./kubeconfig-policy.ts";
import { eksServerRegion, readEksStanza } from "./kubeconfig-eks.ts";
import { readServer } from "./kubeconfig-server.ts";

/** reliability.md B85. */
const maxBytes = 65_536;

/**
 * Reads the current context of a kubeconfig from its text alone: no file is opened, no program is run, whatever the text asks for
 * (reliability.md B84–B89). Fields that nobody needs (`extensions`, `preferences`…) and contexts that are not current are not looked at.
 * @throws ClusterError `KUBECONFIG_SYNTAX`, `KUBECONFIG_MISSING`, `KUBECONFIG_REFUSED`, `KUBECONFIG_INVALID`, `CLUSTER_SERVER_REFUSED`;
 * `field` names the place, no text holds a value of a credential.
 */
export function parseKubeconfig(text: string, policy: KubeconfigPolicy): ClusterAccess {
  const config = parseText(text);
  const current = stringAt(config, "current-context", "current-context");
  if (current === undefined) {
    throw missing("current-context", `current-context is not set; contexts present: ${namesIn(config, "contexts")}`);
  }
  const contextEntry = entryNamed(config, "contexts", "context", current, "current-context");
  const clusterEntry = entryNamed(
    config,
    "clusters",
    "cluster",
    contextEntry.text("cluster"),
    contextEntry.path("cluster"),
  );
  const userEntry = entryNamed(config, "users", "user", contextEntry.text("user"), contextEntry.path("user"));
  refuseFiles(clusterEntry, userEntry);
  if (clusterEntry.text("server") === undefined)
    throw missing(clusterEntry.path("server"), `${clusterEntry.title} has no server`);

  const context = only(newContexts([contextEntry.allowed(["cluster", "user", "namespace"])]));
  const cluster = only(newClusters([clusterEntry.allowed(clusterFields)]));
  const user = only(newUsers([userEntry.allowed(userFields)]));
  const server = readServer(cluster.server, clusterEntry.path("server"), policy);
  if (cluster.skipTLSVerify) checkSkipVerify(clusterEntry, policy);
  if (cluster.proxyUrl && policy.allowProxy !== true) throw notAllowed(clusterEntry.path("proxy-url"), "a proxy");

  const ca = readAuthority(cluster.caData, clusterEntry.path("certificate-authority-data"));
  const clientCertificate = readClientCertificate(user.certData, user.keyData, userEntry.path, policy.now);
  const token = readToken(user.token, userEntry.path("token"));
  const impersonate = readImpersonation(userEntry, user.impersonateUser, policy);
  if (token !== undefined && user.username) {
    throw new ClusterError({
      code: "KUBECONFIG_INVALID",
      field: userEntry.path("token"),
      message: `kubeconfig: ${userEntry.title} has both token and username; only one way to log in is allowed`,
    });
  }
  const eks = readExec(userEntry, new URL(server), policy);
  if (eks !== undefined && (token !== undefined || user.username || clientCertificate !== undefined)) {
    throw new ClusterError({
      code: "KUBECONFIG_INVALID",
      field: userEntry.path("exec"),
      message: `kubeconfig: ${userEntry.title} has exec beside another login; only one way to log in is allowed`,
    });
  }
  return {
    server,
    skipTlsVerify: cluster.skipTLSVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster.tlsServerName ? { tlsServerName: cluster.tlsServerName } : {}),
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
    ...(context.namespace ? { namespace: context.namespace } : {}),
    ...(token === undefined ? {} : { token }),
    ...(user.username ? { basic: { username: user.username, password: user.password ?? "" } } : {}),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(eks === undefined ? {} : { eks }),
  };
}

const clusterFields = [
  "server",
  "tls-server-name",
  "insecure-skip-tls-verify",
  "certificate-authority-data",
  "proxy-url",
] as const;
const userFields = ["client-certificate-data", "client-key-data", "token", "as", "username", "password"] as const;

function parseText(text: string): JsonMap {
  if (Buffer.byteLength(text) > maxBytes) throw syntax(`is longer than ${maxBytes} bytes`);
  const { documents, diagnostics } = parseYamlStream(text, {
    file: "kubeconfig",
    limits: { maxBytes, maxAliases: 10 },
  });
  const [fault] = diagnostics;
  // The parser's own words may quote the text, and the text holds credentials: the position says enough.
  if (fault !== undefined) throw syntax(`is not YAML: fault on line ${fault.line}`);
  const [document, second] = documents;
  if (document === undefined) throw syntax("is empty");
  if (second !== undefined) throw syntax(`holds ${documents.length} documents instead of one`);
  if (!isMap(document.value)) throw syntax("is not a map with clusters, users, contexts and current-context");
  const kind = own(document.value, "kind");
  if (kind !== undefined && kind !== null && kind !== "Config") throw syntax("has another kind than Config");
  return document.value;
}

/** One named entry of `clusters`, `users` or `contexts`. */
interface Entry {
  /** `user "admin"`. */
  readonly title: string;
  /** `users[admin].user.FIELD`. */
  readonly path: (field: string) => string;
  readonly body: JsonMap;
  readonly text: (field: string) => string | undefined;
  /** What client-node may see: the name and the listed fields, checked to be texts (or a boolean for the one flag). */
  readonly allowed: (fields: readonly string[]) => unknown;
}

function entryNamed(config: JsonMap, list: string, key: string, name: string | undefined, from: string): Entry {
  if (name === undefined) throw missing(from, `${from} is not set; ${list} present: ${namesIn(config, list)}`);
  const found = entriesOf(config, list).find((entry) => own(entry, "name") === name);
  if (found === undefined) {
    throw missing(from, `${from} names ${quoted(name)}, which is not in ${list}; present: ${namesIn(config, list)}`);
  }
  const body = own(found, key) ?? {};
  const path = (field: string): string => `${list}[${printable(name)}].${key}.${field}`;
  if (!isMap(body))
    throw syntax(`has a ${list} entry ${quoted(name)} whose ${key} is no map`, `${list}[${printable(name)}].${key}`);
  return {
    title: `${key} ${quoted(name)}`,
    path,
    body,
    text: (field) => stringAt(body, field, path(field)),
    allowed: (fields) => {
      const values = fields.map((field) => [
        field,
        field === "insecure-skip-tls-verify" ? booleanAt(body, field, path(field)) : stringAt(body, field, path(field)),
      ]);
      return { name, [key]: Object.fromEntries(values) };
    },
  };
}

function entriesOf(config: JsonMap, list: string): readonly Json[] {
  const entries = own(config, list) ?? [];
  if (!isList(entries)) throw syntax(`has ${list} that is no list`, list);
  return entries;
}

function namesIn(config: JsonMap, list: string): string {
  const names = entriesOf(config, list).map((entry) => own(entry, "name"));
  const shown = names.filter((name) => typeof name === "string").slice(0, 10);
  return shown.length === 0 ? "none" : shown.map(quoted).join(", ");
}

/** Fields that would open a file, refused by name rather than left out: without them the login would fail oddly. */
function refuseFiles(cluster: Entry, user: Entry): void {
  for (const [entry, field, instead] of [
    [cluster, "certificate-authority", "put the certificate into certificate-authority-data"],
    [user, "client-certificate", "put the certificate into client-certificate-data"],
    [user, "client-key", "put the key into client-key-data"],
    [user, "tokenFile", "put the token into token"],
    [user, "auth-provider", "use a ServiceAccount token"],
  ] as const) {
    const value = own(entry.body, field);
    if (value === undefined || value === null || value === "") continue;
    throw refused(
      entry.path(field),
      `${entry.title} has ${field}, and lateen opens no file and runs no program named by a kubeconfig; ${instead}`,
    );
  }
}

/** A login by program: run by nobody; the ones that print EKS tokens are read as data where allowed (reliability.md B84). */
function readExec(user: Entry, server: URL, policy: KubeconfigPolicy): EksLogin | undefined {
  const exec = own(user.body, "exec");
  if (exec === undefined || exec === null) return undefined;
  const field = user.path("exec");
  const refuse = (hint: string): ClusterError =>
    refused(field, `${user.title} has exec, and lateen runs no program named by a kubeconfig; ${hint}`);
  const stanza = readEksStanza(exec, server);
  if (stanza.kind === "other") throw refuse("use a ServiceAccount token");
  if (policy.allowEks !== true) {
    throw refuse(
      "it asks for an EKS token (get-token), which lateen makes itself only where it has AWS credentials: give it some, or use a ServiceAccount token for this cluster",
    );
  }
  if (stanza.kind === "problem") throw refuse(`it asks for an EKS token, but ${stanza.problem}`);
  // The token is worth as much at the real server as at the one that it is sent to.
  if (eksServerRegion(server) === undefined && policy.allowEksServer?.(server) !== true) {
    throw refuse(
      `it asks for an EKS token, which is sent only to servers named by EKS (NAME.REGION.eks.amazonaws.com), not to ${server.host}`,
    );
  }
  return stanza.login;
}

function checkSkipVerify(cluster: Entry, policy: KubeconfigPolicy): void {
  const field = cluster.path("insecure-skip-tls-verify");
  if (policy.allowInsecureTls !== true) throw notAllowed(field, "a server whose certificate is not checked");
  if (cluster.text("certificate-authority-data") !== undefined) {
    throw refused(
      field,
      `${cluster.title} has both insecure-skip-tls-verify and certificate-authority-data; remove one of them`,
    );
  }
}

function readImpersonation(user: Entry, as: string | undefined, policy: KubeconfigPolicy): Impersonation | undefined {
  const uid = user.text("as-uid");
  const groups = textsAt(user.body, "as-groups", user.path("as-groups"));
  const extraMap = own(user.body, "as-user-extra");
  const extra = isMap(extraMap)
    ? Object.keys(extraMap).flatMap((key) =>
        textsAt(extraMap, key, user.path("as-user-extra")).map((value) => [key, value] as const),
      )
    : [];
  const field = as
    ? "as"
    : uid
      ? "as-uid"
      : groups.length > 0
        ? "as-groups"
        : extra.length > 0
          ? "as-user-extra"
          : undefined;
  if (field === undefined) return undefined;
  if (policy.allowImpersonation !== true) throw notAllowed(user.path(field), "acting as another user");
  if (!as) throw missing(user.path("as"), `${user.title} has ${field} but no as`);
  return { user: as, ...(uid === undefined ? {} : { uid }), groups, extra };
}

function stringAt(map: JsonMap, field: string, path: string): string | undefined {
  const value = own(map, field);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw syntax(`has a ${path} that is no text; put quotes around it`, path);
  return value;
}

function booleanAt(map: JsonMap, field: string, path: string): boolean | undefined {
  const value = own(map, field);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw syntax(`has a ${path} that is neither true nor false`, path);
  return value;
}

function textsAt(map: JsonMap, field: string, path: string): readonly string[] {
  const value = own(map, field) ?? [];
  if (!isList(value) || !value.every((member) => typeof member === "string"))
    throw syntax(`has a ${path} that is no list of texts`, path);
  return value;
}

/** client-node gives one item for the one entry that it was given. */
function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw syntax("could not be read");
  return item;
}

function printable(name: string): string {
  return name.slice(0, 100).replace(/[^\x20-\x7e]/g, "?");
}

function quoted(name: string): string {
  return `"${printable(name)}"`;
}

function syntax(problem: string, field = ""): ClusterError {
  return new ClusterError({ code: "KUBECONFIG_SYNTAX", field, message: `kubeconfig ${problem}` });
}

function missing(field: string, problem: string): ClusterError {
  return new ClusterError({ code: "KUBECONFIG_MISSING", field, message: `kubeconfig: ${problem}` });
}

function refused(field: string, problem: string): ClusterError {
  return new ClusterError({ code: "KUBECONFIG_REFUSED", field, message: `kubeconfig: ${problem}` });
}

function notAllowed(field: string, what: string): ClusterError {
  return refused(field, `${field} asks for ${what}, which the operator has not allowed for this cluster`);
}
