import { mapBounded } from "../../base/index.ts";
import {
  apiVersionOf,
  type GroupKind,
  type KubeObject,
  labelsOf,
  nameOf,
  splitApiVersion,
  uidOf,
} from "../../resource/index.ts";
import { type ApiFailure, type ApiType, type DeployCluster, type Discovery, isApiFailure } from "../cluster-port.ts";
import { withoutIdentity } from "../diff/history.ts";
import { DeployError } from "../failure.ts";
import type { GroupVersion } from "../record/app-record.ts";
import { type AppLabel, identityVersion, namesItself } from "../record/ownership.ts";

/** An object of the cluster. */
export interface ExistingObject {
  /** Without its identity annotation, where that named this very version. */
  readonly object: KubeObject;
  /** As the server gave it. */
  readonly live: KubeObject;
  readonly type: ApiType;
  /** Carries the app label, but was made by a controller that copied it: never pruned (kapp.md §0, §9.2). */
  readonly transient: boolean;
}

export interface LabelledQuery {
  readonly label: AppLabel;
  /** Kinds to look at; `undefined` = every kind that can be listed. */
  readonly groupKinds: readonly GroupKind[] | undefined;
  /** Kinds that the app uses or has used: nothing about them may stay unknown (reliability.md I2). */
  readonly usedGroupKinds: readonly GroupKind[];
  /** Versions to read a kind in, first match wins. */
  readonly preferredVersions: readonly GroupVersion[];
  /** Where to look when cluster-wide lists are forbidden. */
  readonly fallbackNamespaces: readonly string[];
  readonly scopeToFallbackNamespaces: boolean;
  readonly ignoreFailingApiServices: boolean;
}

/** Lists in flight at once. */
const listConcurrency = 32;

/**
 * Everything on the cluster that carries the app's label (kapp.md §9.1): one list per kind.
 * @throws DeployError `DEPLOY_LIST_INCOMPLETE` when a kind that the app uses could not be listed in full.
 */
export async function listLabelled(
  query: LabelledQuery,
  cluster: DeployCluster,
  discovery: Discovery,
  signal: AbortSignal,
): Promise<ExistingObject[]> {
  checkDiscovery(query, discovery);
  const lister = new Lister(query, cluster, discovery, signal);
  const byKind = listableTypes(query, discovery);
  const lists = await mapBounded([...byKind.values()], listConcurrency, (versions) => lister.listKind(versions));
  const byUid = new Map<string, ExistingObject>();
  const withoutUid: ExistingObject[] = [];
  for (const found of lists.flat()) {
    const uid = uidOf(found.object);
    if (uid === "") withoutUid.push({ ...found, transient: true });
    else if (!byUid.has(uid)) byUid.set(uid, found);
  }
  return [...byUid.values(), ...withoutUid];
}

/** Failing group-versions matter when the app uses them: their objects are unknown, not absent. */
function checkDiscovery(query: LabelledQuery, discovery: Discovery): void {
  if (query.ignoreFailingApiServices) return;
  for (const { groupVersion, message } of discovery.failed) {
    const { group, version } = splitApiVersion(groupVersion);
    const used =
      query.usedGroupKinds.some((kind) => kind.group === group) ||
      query.preferredVersions.some((other) => other.group === group && other.version === version);
    if (used) throw incomplete(`API group version ${groupVersion}`, message);
  }
}

/** Versions of each kind, the one to read first. */
function listableTypes(query: LabelledQuery, discovery: Discovery): Map<string, ApiType[]> {
  const wanted = query.groupKinds === undefined ? undefined : new Set(query.groupKinds.map(kindKey));
  const byKind = new Map<string, ApiType[]>();
  for (const type of discovery.types) {
    if (!type.verbs.includes("list") || isNeverListed(type)) continue;
    const key = kindKey(type);
    if (wanted !== undefined && !wanted.has(key)) continue;
    const versions = byKind.get(key);
    if (versions === undefined) byKind.set(key, [type]);
    else versions.push(type);
  }
  for (const versions of byKind.values()) {
    const rank = (type: ApiType): number => {
      const index = query.preferredVersions.findIndex(
        ({ group, version }) => group === type.group && version === type.version,
      );
      return index === -1 ? query.preferredVersions.length : index;
    };
    versions.sort((a, b) => rank(a) - rank(b));
  }
  return byKind;
}

function isNeverListed({ group, kind, resource }: ApiType): boolean {
  if (group === "") return resource === "events" || resource === "componentstatuses";
  return group === "cilium.io" && kind === "CiliumIdentity";
}

class Lister {
  readonly #query: LabelledQuery;
  readonly #cluster: DeployCluster;
  readonly #discovery: Discovery;
  readonly #signal: AbortSignal;
  #namespaces: Promise<readonly string[]> | undefined;

  constructor(query: LabelledQuery, cluster: DeployCluster, discovery: Discovery, signal: AbortSignal) {
    this.#query = query;
    this.#cluster = cluster;
    this.#discovery = discovery;
    this.#signal = signal;
  }

  /** Objects that were last written in another served version are read again in that one: their diff is meant for it. */
  async listKind(versions: readonly ApiType[]): Promise<ExistingObject[]> {
    const [first, ...others] = versions;
    if (first === undefined) return [];
    const found = await this.#listType(first);
    const current = apiVersionText(first);
    const elsewhere = new Set(found.filter(namesItself).map(identityVersion));
    elsewhere.delete(current);
    const again = others.filter((type) => elsewhere.has(apiVersionText(type)));
    const inOwnVersion = (
      await Promise.all(
        again.map(async (type) =>
          (
            await this.#listType(type)
          )
            .filter((object) => isInOwnVersion(object))
            .map((object) => toExisting(object, type)),
        ),
      )
    ).flat();
    const known = new Set(inOwnVersion.map(({ object }) => uidOf(object)));
    return [
      ...inOwnVersion,
      ...found.filter((object) => !known.has(uidOf(object))).map((object) => toExisting(object, first)),
    ];
  }

  async #listType(type: ApiType): Promise<readonly KubeObject[]> {
    const objects = await this.#listSomewhere(type);
    const { key, value } = this.#query.label;
    // Some servers ignore selectors: what they return is filtered here once more (reliability.md B108).
    return objects.filter((object) => labelsOf(object)[key] === value);
  }

  async #listSomewhere(type: ApiType): Promise<readonly KubeObject[]> {
    if (this.#query.scopeToFallbackNamespaces && type.namespaced)
      return this.#listNamespaces(type, this.#query.fallbackNamespaces);
    try {
      return await this.#list(type);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      // The type is not served (any more): nothing of it can exist.
      if (isUnserved(error)) return [];
      if (error.status !== 403) return this.#unlisted(type, error);
      return type.namespaced
        ? this.#listNamespaces(type, await this.#allowedNamespaces())
        : this.#unlisted(type, error);
    }
  }

  /** A kind that the app does not use may stay unknown. */
  #unlisted(type: ApiType, error: Error & { readonly apiMessage: string }): readonly KubeObject[] {
    const used = this.#query.usedGroupKinds.some(({ group, kind }) => group === type.group && kind === type.kind);
    if (used) throw incomplete(`${type.kind} (${apiVersionText(type)})`, error.apiMessage, error);
    return [];
  }

  /** Namespaces where the list is forbidden are passed over, as long as one allows it. */
  async #listNamespaces(type: ApiType, namespaces: readonly string[]): Promise<readonly KubeObject[]> {
    let refusal: (Error & { readonly apiMessage: string }) | undefined;
    let allowed = false;
    const lists = await mapBounded(namespaces, listConcurrency, async (namespace) => {
      try {
        const objects = await this.#list(type, namespace);
        allowed = true;
        return objects;
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        if (isUnserved(error)) return [];
        if (error.status !== 403) return this.#unlisted(type, error);
        refusal = error;
        return [];
      }
    });
    return refusal !== undefined && !allowed ? this.#unlisted(type, refusal) : lists.flat();
  }

  #allowedNamespaces(): Promise<readonly string[]> {
    this.#namespaces ??= this.#listAllNamespaces();
    return this.#namespaces;
  }

  async #listAllNamespaces(): Promise<readonly string[]> {
    const type = this.#discovery.types.find(({ group, kind }) => group === "" && kind === "Namespace");
    if (type === undefined) return this.#query.fallbackNamespaces;
    try {
      const objects = await this.#cluster.list(type, { metadataOnly: true, signal: this.#signal });
      return objects.map(nameOf);
    } catch (error) {
      if (isApiFailure(error) && error.status === 403) return this.#query.fallbackNamespaces;
      throw error;
    }
  }

  #list(type: ApiType, namespace?: string): Promise<readonly KubeObject[]> {
    const { key, value } = this.#query.label;
    return this.#cluster.list(type, {
      labelSelector: `${key}=${value}`,
      signal: this.#signal,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }
}

/** Only the API server itself can say so: a proxy's 404 leaves open what there is. */
function isUnserved({ status, reason }: ApiFailure): boolean {
  return status === 404 && reason === "NotFound";
}

function toExisting(object: KubeObject, type: ApiType): ExistingObject {
  return {
    object: isInOwnVersion(object) ? withoutIdentity(object) : object,
    live: object,
    type,
    transient: !namesItself(object),
  };
}

function isInOwnVersion(object: KubeObject): boolean {
  return namesItself(object) && identityVersion(object) === apiVersionOf(object);
}

function apiVersionText({ group, version }: ApiType): string {
  return group === "" ? version : `${group}/${version}`;
}

function kindKey({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

function incomplete(what: string, reason: string, cause?: Error): DeployError {
  return new DeployError({ code: "DEPLOY_LIST_INCOMPLETE", what, reason }, cause === undefined ? {} : { cause });
}
