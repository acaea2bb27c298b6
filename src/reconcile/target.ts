/** Where an App is deployed to, and as whom (app.md §6.2). */
import { type App, parseApp } from "../app/index.ts";
import { isApiFailure } from "../deploy/index.ts";
import type { KubeObject } from "../resource/index.ts";
import { isUnreachable } from "./unreachable.ts";
import type { ConnectedCluster, ReconcileDeps } from "./deps.ts";
import { shortId } from "./keys.ts";
import { type KappVerb, StageFailure } from "./stage-failure.ts";

export interface Target extends ConnectedCluster {
  readonly clusterId: string;
  /** Namespace of the app record (kapp's `--app-namespace`). */
  readonly stateNamespace: string;
  /** Namespace of resources that name none (kapp's `--namespace`). */
  readonly defaultNamespace: string;
  /** Said in the App's status: something was found by good will. */
  readonly note?: string;
}

/** Apps with the same id share discovery and lists. `undefined`: the App names no target. */
export function clusterIdOf(app: App): string | undefined {
  const { namespace, spec } = app;
  if (spec.serviceAccountName !== "") return shortId(["home", namespace, spec.serviceAccountName]);
  const reference = spec.cluster?.kubeconfigSecretRef;
  return reference === undefined ? undefined : shortId(["kubeconfig", namespace, reference.name, reference.key]);
}

/**
 * Connects to the App's run cluster.
 * @param verb What for: begins the text about a cluster that does not answer.
 * @throws StageFailure with kapp-controller's texts (app.md §1.5).
 */
export async function connectTarget(
  app: App,
  deps: ReconcileDeps,
  signal: AbortSignal,
  verb: KappVerb = "Deploying",
): Promise<Target> {
  const { namespace, spec } = app;
  const clusterId = clusterIdOf(app);
  if (clusterId === undefined) throw preparing("Expected service account or cluster specified");
  if (spec.serviceAccountName !== "") {
    const connected = await connectByAccount(namespace, spec.serviceAccountName, deps, signal);
    return {
      ...connected,
      clusterId,
      stateNamespace: namespace,
      defaultNamespace: orElse(spec.defaultNamespace, namespace),
    };
  }
  const { connected, note } = await connectBySecret(app, deps, signal, verb);
  const stateNamespace = orElse(spec.cluster?.namespace, connected.contextNamespace);
  return {
    ...connected,
    clusterId,
    stateNamespace,
    defaultNamespace: orElse(spec.defaultNamespace, stateNamespace),
    ...(note === undefined ? {} : { note }),
  };
}

/** For the drift check: `undefined` when this App cannot open its cluster. @throws StageFailure when no App can, since the cluster does not answer. */
export async function connectForApp(
  object: KubeObject,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Target | undefined> {
  const parsed = parseApp(object);
  if ("problems" in parsed) return undefined;
  try {
    return await connectTarget(parsed.app, { ...deps, redactor: deps.redactor.scope() }, signal);
  } catch (error) {
    if (error instanceof StageFailure && !isUnreachable(error.cause)) return undefined;
    throw error;
  }
}

/** As a ServiceAccount of the home cluster; its token is asked for now, so that a missing right to do so is named as such. */
async function connectByAccount(
  namespace: string,
  account: string,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<ConnectedCluster> {
  const connected = await deps.clusters.home(namespace, account, { signal }).catch((error: unknown) => {
    throw preparing(`Getting service account: ${said(error)}`, error);
  });
  await connected.cluster.discover({ signal }).catch((error: unknown) => {
    throw preparing(`Get service account token: Fetch token: ${said(error)}`, error);
  });
  return connected;
}

/** Reads the kubeconfig; a cached one that does not parse or is refused by the server (401) is read again once. */
async function connectBySecret(
  app: App,
  deps: ReconcileDeps,
  signal: AbortSignal,
  verb: KappVerb,
): Promise<{ readonly connected: ConnectedCluster; readonly note?: string }> {
  for (const fresh of [false, true]) {
    const { text, note } = await readKubeconfig(app, deps, fresh, signal);
    try {
      const connected = await deps.clusters.fromKubeconfig(text, { namespace: app.namespace, signal });
      for (const credential of connected.credentials ?? []) deps.redactor.add(credential);
      await connected.cluster.discover({ signal });
      return { connected, ...(note === undefined ? {} : { note }) };
    } catch (error) {
      const stale = !isApiFailure(error) || error.status === 401;
      if (stale && !fresh) continue;
      throw isApiFailure(error)
        ? clusterFailure(verb, error, error.status === 401 ? credentialsHint(app) : "")
        : preparing(`Parsing kubeconfig: ${messageOf(error)}`, error);
    }
  }
  throw new Error("unreachable: the second read either connects or throws");
}

async function readKubeconfig(
  app: App,
  deps: ReconcileDeps,
  fresh: boolean,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly note?: string }> {
  const reference = app.spec.cluster?.kubeconfigSecretRef;
  if (reference === undefined || reference.name === "")
    throw preparing("Expected kubeconfig secret reference to be specified");
  const secret = await deps.vault.get(app.namespace, reference.name, { fresh, signal }).catch((error: unknown) => {
    throw preparing(`Getting kubeconfig secret: ${messageOf(error)}`, error);
  });
  if (secret === undefined)
    throw preparing(
      `Getting kubeconfig secret: secrets "${reference.name}" not found${await hintFor(app, reference.name, deps)}`,
    );
  const decoder = new TextDecoder();
  const named = secret.data.get(reference.key);
  if (named !== undefined) return { text: decoder.decode(named) };
  const alike = [...secret.data]
    .map(([key, bytes]) => ({ key, text: decoder.decode(bytes) }))
    .filter(({ text }) => looksLikeKubeconfig(text));
  const [only, ...others] = alike;
  if (only === undefined || others.length > 0 || !mayStandIn(only.key, reference.key, secret.data.size)) {
    throw preparing(
      `Expected to find key '${reference.key}' in secret (keys: ${[...secret.data.keys()].sort().join(", ")})`,
    );
  }
  return {
    text: only.text,
    note: `secret '${reference.name}' has no key '${reference.key}'; used its only kubeconfig, key '${only.key}'`,
  };
}

/**
 * Guides store the kubeconfig as `value.yaml` and name `value`. A stand-in is taken for the default key, for a spelling with an extension,
 * or when there is nothing else in the Secret; a key that was named on purpose and is absent stays an error, as in kapp-controller.
 */
function mayStandIn(found: string, named: string, keysInSecret: number): boolean {
  return named === "value" || found.startsWith(`${named}.`) || keysInSecret === 1;
}

/** The second guide names the Secret `CLUSTER-kubeconfig` in one place and `CLUSTER` in another. */
async function hintFor(app: App, name: string, deps: ReconcileDeps): Promise<string> {
  const names = await deps.secretNames(app.namespace);
  const near = names.filter((candidate) => candidate.startsWith(name) || name.startsWith(candidate));
  return near.length === 0
    ? ""
    : ` (hint: namespace '${app.namespace}' has ${near.map((candidate) => `'${candidate}'`).join(", ")})`;
}

function looksLikeKubeconfig(text: string): boolean {
  return /^\s*["']?clusters["']?\s*:/m.test(text) || /"clusters"\s*:/.test(text);
}

function clusterFailure(verb: KappVerb, error: Error, hint: string): StageFailure {
  return new StageFailure("deploy", { error: `${verb}: ${error.message}${hint}`, exitCode: 1, cause: error });
}

function credentialsHint({ namespace, spec }: App): string {
  const name = spec.cluster?.kubeconfigSecretRef?.name ?? "";
  return ` (hint: the API server does not take the credentials in Secret '${namespace}/${name}'; apply the Secret again with a kubeconfig that it takes)`;
}

function preparing(text: string, cause?: unknown): StageFailure {
  return new StageFailure("deploy", { error: `Preparing kapp: ${text}`, exitCode: -1, cause });
}

/** The API server's own words where it has said something. */
function said(error: unknown): string {
  return isApiFailure(error) ? error.apiMessage : messageOf(error);
}

function messageOf(error: unknown): string {
  if (isApiFailure(error) && error.apiMessage !== "") return error.apiMessage;
  return error instanceof Error ? error.message : String(error);
}

function orElse(value: string | undefined, fallback: string): string {
  return value === undefined || value === "" ? fallback : value;
}
