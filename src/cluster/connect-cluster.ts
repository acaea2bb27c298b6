import { type Clock, type EpochMs, type Log, silentLog, systemClock } from "../base/index.ts";
import { isMap, type JsonMap, type KubeObject, nameOf, own, stringifyJson } from "../resource/index.ts";
import { abortable } from "./abortable.ts";
import { type ApiClient, badAnswer, createApiClient } from "./api-client.ts";
import { apiVersionText, collectionPath, objectPath, resourceText } from "./api-path.ts";
import { type CallGate, createCallGate } from "./call-gate.ts";
import type { ApiType, Cluster, Discovery, ServerVersion } from "./cluster.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { accessCredential, type LoginOptions } from "./access-credential.ts";
import type { Credential } from "./credential.ts";
import { discoverTypes } from "./discovery.ts";
import { listObjects } from "./list-objects.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { readLog } from "./read-log.ts";
import { requestToken } from "./service-account-token.ts";
import { textOf } from "./text-of.ts";
import { type BearerToken, tokenCredential } from "./token-credential.ts";
import { createTransport } from "./transport.ts";

export interface ConnectOptions extends LoginOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), spreads retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Default `kapp`, so that an App may move between kapp and lateen (kapp.md §6.1). */
  readonly fieldManager?: string;
  readonly userAgent?: string;
  /** Bounds the calls in flight. Default: a gate of its own, which this connection shares with those of `actAs`. */
  readonly gate?: CallGate;
  /** Longest silence of the server in milliseconds. Default 65 000: an API server ends its own calls after 60 s. */
  readonly silenceMs?: number;
  /** Longest answer in bytes. Default 128 MiB. */
  readonly maxAnswerBytes?: number;
  /** Says whether a resolved IP address may be connected to: `true`, or why not. Default: public, private and loopback ones. */
  readonly allowAddress?: (address: string) => true | string;
  /** Called with each answer: the server (`host:port`), and the bytes of its body. */
  readonly onAnswer?: (host: string, bytes: number) => void;
  /** Called with each `Warning` that the API server gives to a write. */
  readonly onWarning?: (warning: string) => void;
  readonly log?: Log;
}

const discoveryMaxAgeMs = 30_000;

/** A connection to the cluster; nothing is sent before the first call. Close it when done. */
export function connectCluster(access: ClusterAccess, options: ConnectOptions = {}): Cluster {
  const { clock = systemClock, log = silentLog, gate = createCallGate({ clock, log }) } = options;
  return connectAs(access, accessCredential(access, { ...options, clock }), { ...options, gate });
}

type GatedOptions = ConnectOptions & { readonly gate: CallGate };

function connectAs(access: ClusterAccess, credential: Credential, options: GatedOptions): Cluster {
  const { clock = systemClock, random = Math.random, fieldManager = "kapp", userAgent = "lateen" } = options;
  const transport = createTransport(access, {
    allowAddress: options.allowAddress,
    silenceMs: options.silenceMs ?? 65_000,
    maxAnswerBytes: options.maxAnswerBytes ?? 134_217_728,
    onAnswer: options.onAnswer,
  });
  const client = createApiClient({
    clock,
    random,
    transport,
    credential,
    userAgent,
    gate: options.gate,
    budget: createRetryBudget(clock),
    onWarning: options.onWarning ?? (() => undefined),
    log: options.log ?? silentLog,
  });
  const discover = createDiscovery(client, clock);
  return {
    server: access.server,
    namespace: access.namespace,
    discover,
    list: (type, listOptions = {}) => listObjects(client, type, listOptions),
    get: (type, namespace, name, { signal } = {}) =>
      client.call(
        {
          method: "GET",
          ...subject("Getting", "get", type, namespace, name),
          path: objectPath(type, namespace, name),
          absentIsAnswer: true,
          signal,
        },
        (answer) => objectOf(answer, type),
      ),
    create: (type, namespace, object, { signal } = {}) =>
      client.call(
        {
          method: "POST",
          ...subject("Creating", "post", type, namespace, nameOf(object)),
          path: collectionPath(type, namespace, { fieldManager }),
          body: stringifyJson(object),
          signal,
        },
        (answer) => objectOf(answer, type),
      ),
    replace: (type, namespace, name, object, { signal } = {}) =>
      client.call(
        {
          method: "PUT",
          ...subject("Updating", "put", type, namespace, name),
          path: objectPath(type, namespace, name, { fieldManager }),
          body: stringifyJson(object),
          signal,
        },
        (answer) => objectOf(answer, type),
      ),
    patch: (type, namespace, name, { contentType, body }, { signal } = {}) =>
      client.call(
        {
          method: "PATCH",
          ...subject("Patching", "patch", type, namespace, name),
          path: objectPath(type, namespace, name, { fieldManager }),
          contentType,
          body,
          signal,
        },
        (answer) => objectOf(answer, type),
      ),
    delete: (type, namespace, name, preconditions, { signal } = {}) =>
      deleteObject(client, type, namespace, name, preconditions, signal),
    version: ({ signal } = {}) =>
      client.call(
        { method: "GET", title: "Asking for the version", terse: "get /version", path: "/version", signal },
        toVersion,
      ),
    readLog: (namespace, pod, container, logOptions = {}) => readLog(client, namespace, pod, container, logOptions),
    requestServiceAccountToken: (namespace, name, tokenOptions = {}) =>
      requestToken(client, namespace, name, tokenOptions),
    actAs(namespace, serviceAccount) {
      // A connection of its own without the client certificate: API servers believe a certificate before a token.
      const { server, ca, tlsServerName, skipTlsVerify, proxyUrl } = access;
      const bare: ClusterAccess = {
        server,
        skipTlsVerify,
        namespace,
        ...(ca === undefined ? {} : { ca }),
        ...(tlsServerName === undefined ? {} : { tlsServerName }),
        ...(proxyUrl === undefined ? {} : { proxyUrl }),
      };
      const request = (): Promise<BearerToken> => requestToken(client, namespace, serviceAccount, {});
      return connectAs(bare, tokenCredential(request, clock), options);
    },
    close: () => transport.close(),
  };
}

/**
 * Discovery asked for once and shared by all runs on this connection; no signal of one of them ends it for the others. A failure is not
 * remembered, and neither is an answer for longer than half a minute: somebody else may have installed types.
 */
function createDiscovery(client: ApiClient, clock: Clock): Cluster["discover"] {
  let last: { readonly answer: Promise<Discovery>; readonly at: EpochMs } | undefined;
  return ({ signal, fresh = false } = {}) => {
    if (last === undefined || fresh || clock.now() - last.at >= discoveryMaxAgeMs) {
      const asked = { answer: discoverTypes(client), at: clock.now() };
      last = asked;
      asked.answer.catch(() => {
        if (last === asked) last = undefined;
      });
    }
    return abortable(last.answer, signal);
  };
}

async function deleteObject(
  client: ApiClient,
  type: ApiType,
  namespace: string,
  name: string,
  preconditions: { readonly uid?: string; readonly resourceVersion?: string },
  signal: AbortSignal | undefined,
): Promise<{ readonly gone: boolean }> {
  const { uid, resourceVersion } = preconditions;
  const hasPreconditions = uid !== undefined || resourceVersion !== undefined;
  const answer = await client.call(
    {
      method: "DELETE",
      ...subject("Deleting", "delete", type, namespace, name),
      path: objectPath(type, namespace, name),
      body: stringifyJson({
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        ...(hasPreconditions
          ? {
              preconditions: {
                ...(uid === undefined ? {} : { uid }),
                ...(resourceVersion === undefined ? {} : { resourceVersion }),
              },
            }
          : {}),
      }),
      // The same UID never comes back: deleting it twice deletes it once.
      isRepeatable: uid !== undefined,
      absentIsAnswer: true,
      signal,
    },
    (deleted) => deleted,
  );
  return { gone: answer === undefined || isGone(answer, type) };
}

/**
 * A Status tells that the object is gone. An object is what finalizers or a grace period hold, with the time of its deletion; without one it is what a kind of
 * Kubernetes itself, such as Service, shows of what is gone. Other API servers may show anything.
 */
function isGone(answer: JsonMap, { group }: ApiType): boolean {
  if (own(answer, "kind") === "Status") return true;
  const isKubernetes = !group.includes(".") || group.endsWith(".k8s.io");
  return isKubernetes && own(own(answer, "metadata"), "deletionTimestamp") === undefined;
}

/** The error texts of kapp.md §6.1, and client-go's words for the same call. */
function subject(
  verb: string,
  method: string,
  type: ApiType,
  namespace: string,
  name: string,
): { title: string; terse: string } {
  const where = type.namespaced && namespace !== "" ? `namespace: ${namespace}` : "cluster";
  return {
    title: `${verb} resource ${type.kind.toLowerCase()}/${name} (${apiVersionText(type)}) ${where}`,
    terse: `${method} ${resourceText(type)}${method === "post" || name === "" ? "" : ` ${name}`}`,
  };
}

function objectOf(answer: JsonMap, type: ApiType): KubeObject {
  if (own(answer, "kind") !== type.kind || !isMap(own(answer, "metadata"))) {
    throw badAnswer(`the answer is a ${textOf(own(answer, "kind"))}, not a ${type.kind}`);
  }
  return answer;
}

function toVersion(answer: JsonMap): ServerVersion {
  return {
    major: textOf(own(answer, "major")),
    minor: textOf(own(answer, "minor")),
    gitVersion: textOf(own(answer, "gitVersion")),
  };
}
