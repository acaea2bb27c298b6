/** A run cluster in memory: enough of an API server for the deploy engine, with time in the test's hands. */
import type { Clock } from "../../../src/base/index.ts";
import type { ApiFailure, ApiType, DeployCluster, Discovery, ListOptions, LogLine } from "../../../src/deploy/index.ts";
import {
  cloneJson,
  groupVersionKindOf,
  isMap,
  type Json,
  type KubeObject,
  labelsOf,
  matchesLabels,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
  parseLabelSelector,
  resourceVersionOf,
  stringifyJson,
  uidOf,
} from "../../../src/resource/index.ts";

/** One call as the engine made it. */
export interface Call {
  readonly verb: "discover" | "list" | "get" | "create" | "replace" | "patch" | "delete" | "review";
  /** `ConfigMap ns/name`, or the kind alone for lists; for reviews `create apps/deployments ns/name`. */
  readonly target: string;
}

export class MemoryCluster implements DeployCluster {
  readonly server = "https://memory.test";
  readonly calls: Call[] = [];
  /** Called before each call; may throw, or change the cluster. */
  before: (call: Call) => void | Promise<void> = () => undefined;
  /** What a server adds to an object that it stores. */
  admit: (object: MutableJsonMap) => void = () => undefined;
  /** Answers SelfSubjectAccessReviews, asked with what `Call.target` says of them; a text is an evaluation error. */
  allows: (target: string) => boolean | string = () => true;
  failedDiscovery: Discovery["failed"] = [];
  /** What containers wrote, by `pod/container`. */
  readonly logs: Map<string, LogLine[]> = new Map();
  readonly clock: ManualClock;
  readonly #objects = new Map<string, KubeObject>();
  readonly #types: ApiType[];
  #version = 100;
  #uid = 0;

  constructor(clock: ManualClock, extraTypes: readonly ApiType[] = []) {
    this.clock = clock;
    this.#types = [...builtIn, ...extraTypes];
    for (const name of ["default", "app"]) this.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  /** Writes of the engine: what an unchanged deploy must not have. */
  get writes(): Call[] {
    return this.calls.filter(({ verb }) => !["discover", "list", "get", "review"].includes(verb));
  }

  objects(kind?: string): KubeObject[] {
    return [...this.#objects.values()].filter((object) => kind === undefined || own(object, "kind") === kind);
  }

  find(kind: string, name: string, namespace = "app"): KubeObject | undefined {
    return this.objects(kind).find(
      (object) => nameOf(object) === name && ["", namespace].includes(namespaceOf(object)),
    );
  }

  /** Stores an object as somebody else would. */
  put(object: KubeObject): KubeObject {
    const key = this.#key(object);
    const before = this.#objects.get(key);
    const stored = this.#stored(object, before);
    this.#objects.set(key, stored);
    return stored;
  }

  /** Changes an object by hand. */
  edit(kind: string, name: string, change: (object: MutableJsonMap) => void): void {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    const copy = copyOf(found);
    change(copy);
    this.put(copy);
  }

  remove(kind: string, name: string): void {
    const found = this.find(kind, name);
    if (found !== undefined) this.#objects.delete(this.#key(found));
  }

  /** Always the newest. */
  async discover(_options: { readonly fresh?: boolean } = {}): Promise<Discovery> {
    await this.#enter({ verb: "discover", target: "" });
    return { types: this.#typesNow(), failed: this.failedDiscovery };
  }

  async list(type: ApiType, options: ListOptions = {}): Promise<readonly KubeObject[]> {
    await this.#enter({
      verb: "list",
      target: `${type.kind}${options.namespace === undefined ? "" : ` ${options.namespace}`}`,
    });
    const parsed = parseLabelSelector(options.labelSelector ?? "");
    if ("problem" in parsed) throw failure(400, "BadRequest", parsed.problem);
    return this.objects(type.kind).filter(
      (object) =>
        groupVersionKindOf(object).group === type.group &&
        (options.namespace === undefined || namespaceOf(object) === options.namespace) &&
        matchesLabels(parsed.selector, labelsOf(object)) &&
        matchesFields(options.fieldSelector ?? "", object),
    );
  }

  async get(type: ApiType, namespace: string, name: string): Promise<KubeObject | undefined> {
    await this.#enter({ verb: "get", target: describe(type, namespace, name) });
    return this.#objects.get(keyOf(type, namespace, name));
  }

  async create(type: ApiType, namespace: string, object: KubeObject): Promise<KubeObject> {
    if (type.kind === "SelfSubjectAccessReview") return this.#review(object);
    await this.#enter({ verb: "create", target: describe(type, namespace, nameOf(object)) });
    const key = keyOf(type, namespace, nameOf(object));
    if (this.#objects.has(key))
      throw failure(409, "AlreadyExists", `${type.resource} "${nameOf(object)}" already exists`);
    if (type.namespaced && this.find("Namespace", namespace) === undefined) {
      throw failure(404, "NotFound", `namespaces "${namespace}" not found`);
    }
    const stored = this.#stored(object, undefined);
    this.#objects.set(key, stored);
    return stored;
  }

  async replace(type: ApiType, namespace: string, name: string, object: KubeObject): Promise<KubeObject> {
    await this.#enter({ verb: "replace", target: describe(type, namespace, name) });
    const key = keyOf(type, namespace, name);
    const before = this.#existing(key, type, name);
    const wanted = resourceVersionOf(object);
    if (wanted !== "" && wanted !== resourceVersionOf(before)) throw conflict(type, name);
    const stored = this.#stored(object, before);
    this.#objects.set(key, stored);
    return stored;
  }

  async patch(
    type: ApiType,
    namespace: string,
    name: string,
    patch: { readonly contentType: string; readonly body: string },
  ): Promise<KubeObject> {
    await this.#enter({ verb: "patch", target: describe(type, namespace, name) });
    const key = keyOf(type, namespace, name);
    const copy = copyOf(this.#existing(key, type, name));
    // The engine sends JSON patches of "test", "add" and "remove" below metadata only.
    for (const { op, path, value } of JSON.parse(patch.body) as { op: string; path: string; value?: string }[]) {
      const steps = path
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      const last = steps.pop() ?? "";
      const parent = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], copy) as Record<
        string,
        unknown
      >;
      if (op === "test" && parent[last] !== value) throw failure(422, "Invalid", "the server rejected our request");
      if (op === "remove") delete parent[last];
      if (op === "add") parent[last] = value;
    }
    const stored = this.#stored(copy, this.#objects.get(key));
    this.#objects.set(key, stored);
    return stored;
  }

  async delete(
    type: ApiType,
    namespace: string,
    name: string,
    preconditions: { readonly uid?: string; readonly resourceVersion?: string },
  ): Promise<{ readonly gone: boolean }> {
    await this.#enter({ verb: "delete", target: describe(type, namespace, name) });
    const key = keyOf(type, namespace, name);
    const before = this.#objects.get(key);
    if (before === undefined) return { gone: true };
    if (preconditions.uid !== undefined && preconditions.uid !== uidOf(before)) throw conflict(type, name);
    if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersionOf(before)) {
      throw conflict(type, name);
    }
    const metadata = own(before, "metadata");
    if (isMap(metadata) && Array.isArray(metadata["finalizers"]) && metadata["finalizers"].length > 0) {
      const copy = copyOf(before);
      (copy["metadata"] as MutableJsonMap)["deletionTimestamp"] = new Date(this.clock.now()).toISOString();
      this.put(copy);
      return { gone: false };
    }
    this.#objects.delete(key);
    return { gone: true };
  }

  async readLog(
    _namespace: string,
    pod: string,
    container: string,
    { since = "", tailLines = Infinity }: { readonly since?: string; readonly tailLines?: number } = {},
  ): Promise<readonly LogLine[]> {
    await this.#enter({ verb: "get", target: `log ${pod}/${container}` });
    // Whole seconds only, as a server does it.
    const from = since.slice(0, "2026-01-01T00:00:00".length);
    const lines = (this.logs.get(`${pod}/${container}`) ?? []).filter(({ time }) => time >= from);
    return lines.slice(Math.max(0, lines.length - tailLines));
  }

  async #review(object: KubeObject): Promise<KubeObject> {
    const target = describeReview(own(object, "spec"));
    await this.#enter({ verb: "review", target });
    const answer = this.allows(target);
    const status = typeof answer === "string" ? { allowed: false, evaluationError: answer } : { allowed: answer };
    return { ...object, status };
  }

  #stored(object: KubeObject, before: KubeObject | undefined): KubeObject {
    const copy = copyOf(object);
    const metadata = copy["metadata"] as MutableJsonMap;
    this.admit(copy);
    metadata["uid"] = before === undefined ? `uid-${++this.#uid}` : uidOf(before);
    metadata["creationTimestamp"] ??= new Date(this.clock.now()).toISOString();
    metadata["resourceVersion"] = before === undefined ? "" : resourceVersionOf(before);
    // A write that changes nothing has no new version.
    if (before !== undefined && stringifyJson(copy, { sortKeys: true }) === stringifyJson(before, { sortKeys: true }))
      return before;
    metadata["resourceVersion"] = String(++this.#version);
    return copy;
  }

  #existing(key: string, type: ApiType, name: string): KubeObject {
    const found = this.#objects.get(key);
    if (found === undefined) throw failure(404, "NotFound", `${type.resource} "${name}" not found`);
    return found;
  }

  #typesNow(): ApiType[] {
    const custom = this.objects("CustomResourceDefinition").flatMap((crd): ApiType[] => {
      const spec = own(crd, "spec");
      const names = own(spec, "names");
      const versions = own(spec, "versions");
      const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
      return (Array.isArray(versions) ? (versions as Json[]) : []).map((version) => ({
        group: text(own(spec, "group")),
        version: text(own(version, "name")),
        kind: text(own(names, "kind")),
        resource: text(own(names, "plural")),
        namespaced: own(spec, "scope") === "Namespaced",
        verbs,
      }));
    });
    return [...this.#types, ...custom];
  }

  #key(object: KubeObject): string {
    const type = this.#typesNow().find(({ group, version, kind }) => {
      const gvk = groupVersionKindOf(object);
      return gvk.group === group && gvk.version === version && gvk.kind === kind;
    });
    if (type === undefined) throw new Error(`no type of ${nameOf(object)}`);
    return keyOf(type, namespaceOf(object), nameOf(object));
  }

  async #enter(call: Call): Promise<void> {
    this.calls.push(call);
    await this.before(call);
  }
}

const verbs: readonly string[] = ["create", "delete", "get", "list", "patch", "update", "watch"];

function type(group: string, version: string, kind: string, resource: string, namespaced = true): ApiType {
  return { group, version, kind, resource, namespaced, verbs };
}

const builtIn: readonly ApiType[] = [
  type("", "v1", "Namespace", "namespaces", false),
  type("", "v1", "ConfigMap", "configmaps"),
  type("", "v1", "Secret", "secrets"),
  type("", "v1", "Service", "services"),
  type("", "v1", "ServiceAccount", "serviceaccounts"),
  type("", "v1", "Pod", "pods"),
  type("", "v1", "Event", "events"),
  type("apps", "v1", "Deployment", "deployments"),
  type("apps", "v1", "StatefulSet", "statefulsets"),
  type("apps", "v1", "DaemonSet", "daemonsets"),
  type("apps", "v1", "ReplicaSet", "replicasets"),
  type("batch", "v1", "Job", "jobs"),
  type("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
  type("rbac.authorization.k8s.io", "v1", "Role", "roles"),
  type("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
  type("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
  type("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
];

/** `a.b=c,d=e`. */
function matchesFields(selector: string, object: KubeObject): boolean {
  return selector.split(",").every((term) => {
    const [path = "", wanted = ""] = term.split("=");
    const found = path.split(".").reduce<Json | undefined>((value, key) => own(value, key), object);
    return path === "" || found === wanted;
  });
}

function keyOf({ group, resource, namespaced }: ApiType, namespace: string, name: string): string {
  return `${group}/${resource}/${namespaced ? namespace : ""}/${name}`;
}

function describe({ kind, namespaced }: ApiType, namespace: string, name: string): string {
  return `${kind} ${namespaced ? `${namespace}/` : ""}${name}`;
}

function describeReview(spec: Json | undefined): string {
  const asked = own(spec, "resourceAttributes");
  const field = (key: string): string => {
    const value = own(asked ?? own(spec, "nonResourceAttributes"), key);
    return typeof value === "string" ? value : "";
  };
  if (asked === undefined) return `${field("verb")} ${field("path")}`;
  const subresource = field("subresource") === "" ? "" : `/${field("subresource")}`;
  return `${field("verb")} ${field("group")}/${field("resource")}${subresource} ${field("namespace")}/${field("name")}`;
}

/** A deep copy of a Kubernetes object that may be changed. */
function copyOf(object: KubeObject): MutableJsonMap {
  return cloneJson(object) as MutableJsonMap;
}

function conflict({ resource }: ApiType, name: string): Error {
  return failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
}

/** An error as clusters throw it. */
export function failure(status: number, reason: string, apiMessage: string, outcomeUnknown = false): ApiFailure {
  return Object.assign(new Error(apiMessage), { status, reason, apiMessage, retryable: false, outcomeUnknown });
}

/** Time that passes only when somebody sleeps; what is due on the way happens on the way. */
export class ManualClock implements Clock {
  #now: number;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  constructor(now: number = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Does something when `ms` have passed. */
  after(ms: number, run: () => void): void {
    this.#due.push({ at: this.#now + ms, run });
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#due.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
  }
}
