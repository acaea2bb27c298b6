/** Deployments, StatefulSets, DaemonSets, Jobs and bare Pods become ready after a moment, with the Pods they would have. */
import { createHash } from "node:crypto";
import {
  isList,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  own,
  stringifyJson,
  uidOf,
} from "../resource/index.ts";
import { behaviourOf, ownerOf, timeText, type World } from "./world.ts";

/** Pods of one controller: more would only be more of the same. */
const maxPods = 20;

type Reconcile = (object: KubeObject, world: World) => Promise<void>;

const reconcilers: ReadonlyMap<string, Reconcile> = new Map<string, Reconcile>([
  ["Deployment", reconcileDeployment],
  ["StatefulSet", reconcileStatefulSet],
  ["DaemonSet", reconcileDaemonSet],
  ["Job", reconcileJob],
  ["Pod", reconcilePod],
  ["PersistentVolumeClaim", bindClaim],
  ["Service", giveAddress],
  ["Ingress", giveAddress],
  ["APIService", makeAvailable],
]);

/** Looks after an object of one of these kinds; other kinds are left alone. */
export function simulateWorkload(kind: string, object: KubeObject, world: World): void {
  const reconcile = reconcilers.get(kind);
  if (reconcile === undefined || behaviourOf(object) === "never-ready") return;
  const namespace = namespaceOf(object);
  const name = nameOf(object);
  world.later(`${kind}/${namespace}/${name}`, world.readyDelayMs, async () => {
    const live = await world.get(kind, namespace, name);
    if (live !== undefined && own(own(live, "metadata"), "deletionTimestamp") === undefined)
      await reconcile(live, world);
  });
}

async function reconcileDeployment(object: KubeObject, world: World): Promise<void> {
  const target = { kind: "Deployment", namespace: namespaceOf(object), name: nameOf(object) };
  const now = timeText(world.clock.now());
  if (behaviourOf(object) === "fail") {
    const condition = {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: "the sandbox was asked to fail",
      lastUpdateTime: now,
      lastTransitionTime: now,
    };
    await world.patch(
      target,
      { status: { observedGeneration: generationOf(object), conditions: [condition] } },
      "status",
    );
    return;
  }
  const replicas = replicasOf(object);
  const template = own(own(object, "spec"), "template");
  const hash = shortHash(template ?? null);
  const replicaSet = await ensureReplicaSet(object, hash, replicas, world);
  const olds = (await world.list("ReplicaSet", target.namespace)).filter(
    (one) => isOwnedBy(one, object) && uidOf(one) !== uidOf(replicaSet),
  );
  for (const old of olds) await world.remove({ kind: "ReplicaSet", namespace: target.namespace, name: nameOf(old) });
  await ensurePods(
    replicaSet,
    template,
    replicas,
    (index) => `${nameOf(replicaSet)}-${shortHash([hash, index]).slice(0, 5)}`,
    "Running",
    world,
  );
  await world.patch(target, {
    metadata: { annotations: { "deployment.kubernetes.io/revision": String(generationOf(object)) } },
  });
  const condition = (type: string, reason: string): JsonMap => ({
    type,
    status: "True",
    reason,
    message: "",
    lastUpdateTime: now,
    lastTransitionTime: now,
  });
  await world.patch(
    target,
    {
      status: {
        observedGeneration: generationOf(object),
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
        unavailableReplicas: null,
        conditions: [
          condition("Available", "MinimumReplicasAvailable"),
          condition("Progressing", "NewReplicaSetAvailable"),
        ],
      },
    },
    "status",
  );
}

async function ensureReplicaSet(owner: KubeObject, hash: string, replicas: number, world: World): Promise<KubeObject> {
  const namespace = namespaceOf(owner);
  const name = `${nameOf(owner)}-${hash}`;
  const spec = own(owner, "spec");
  const labels = { ...stringMap(own(own(own(spec, "template"), "metadata"), "labels")), "pod-template-hash": hash };
  const wanted: KubeObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, labels, ownerReferences: [ownerOf(owner)] },
    spec: { replicas, selector: own(spec, "selector") ?? {}, template: withLabels(own(spec, "template"), labels) },
  };
  await world.create(wanted, namespace);
  const target = { kind: "ReplicaSet", namespace, name };
  await world.patch(target, { spec: { replicas } });
  await world.patch(
    target,
    {
      status: {
        observedGeneration: 1,
        replicas,
        fullyLabeledReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
      },
    },
    "status",
  );
  return (await world.get("ReplicaSet", namespace, name)) ?? wanted;
}

async function reconcileStatefulSet(object: KubeObject, world: World): Promise<void> {
  const replicas = replicasOf(object);
  const template = own(own(object, "spec"), "template");
  await ensurePods(object, template, replicas, (index) => `${nameOf(object)}-${index}`, "Running", world);
  const revision = `${nameOf(object)}-${shortHash(template ?? null)}`;
  await setStatus(
    object,
    "StatefulSet",
    {
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      currentReplicas: replicas,
      updatedReplicas: replicas,
      currentRevision: revision,
      updateRevision: revision,
    },
    world,
  );
}

async function reconcileDaemonSet(object: KubeObject, world: World): Promise<void> {
  const template = own(own(object, "spec"), "template");
  await ensurePods(
    object,
    template,
    1,
    () => `${nameOf(object)}-${shortHash(template ?? null).slice(0, 5)}`,
    "Running",
    world,
  );
  await setStatus(
    object,
    "DaemonSet",
    {
      desiredNumberScheduled: 1,
      currentNumberScheduled: 1,
      updatedNumberScheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      numberMisscheduled: 0,
    },
    world,
  );
}

async function reconcileJob(object: KubeObject, world: World): Promise<void> {
  const now = timeText(world.clock.now());
  const failed = behaviourOf(object) === "fail";
  const asked = own(own(object, "spec"), "completions");
  const completions = typeof asked === "number" ? asked : 1;
  await ensurePods(
    object,
    own(own(object, "spec"), "template"),
    completions,
    (index) => `${nameOf(object)}-${shortHash(index).slice(0, 5)}`,
    failed ? "Failed" : "Succeeded",
    world,
  );
  const condition = {
    type: failed ? "Failed" : "Complete",
    status: "True",
    lastProbeTime: now,
    lastTransitionTime: now,
    ...(failed && { reason: "BackoffLimitExceeded", message: "the sandbox was asked to fail" }),
  };
  await world.patch(
    { kind: "Job", namespace: namespaceOf(object), name: nameOf(object) },
    {
      status: {
        startTime: now,
        ...(failed ? { failed: completions } : { succeeded: completions, completionTime: now }),
        conditions: [condition],
      },
    },
    "status",
  );
}

async function reconcilePod(object: KubeObject, world: World): Promise<void> {
  if (own(object, "status") !== undefined && own(own(object, "status"), "phase") !== undefined) return;
  await world.patch(
    { kind: "Pod", namespace: namespaceOf(object), name: nameOf(object) },
    { status: podStatus(own(object, "spec"), behaviourOf(object) === "fail" ? "Failed" : "Running", world) },
    "status",
  );
}

async function bindClaim(object: KubeObject, world: World): Promise<void> {
  await world.patch(
    { kind: "PersistentVolumeClaim", namespace: namespaceOf(object), name: nameOf(object) },
    { status: { phase: "Bound" } },
    "status",
  );
}

/** An address of the documentation network (RFC 5737). */
async function giveAddress(object: KubeObject, world: World): Promise<void> {
  const kind = object["kind"] === "Ingress" ? "Ingress" : "Service";
  if (kind === "Service" && own(own(object, "spec"), "type") !== "LoadBalancer") return;
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
  await world.patch({ kind, namespace: namespaceOf(object), name: nameOf(object) }, { status }, "status");
}

async function makeAvailable(object: KubeObject, world: World): Promise<void> {
  const condition = {
    type: "Available",
    status: "True",
    reason: "Passed",
    lastTransitionTime: timeText(world.clock.now()),
  };
  await world.patch(
    { kind: "APIService", namespace: "", name: nameOf(object) },
    { status: { conditions: [condition] } },
    "status",
  );
}

async function setStatus(object: KubeObject, kind: string, status: JsonMap, world: World): Promise<void> {
  const target = { kind, namespace: namespaceOf(object), name: nameOf(object) };
  await world.patch(target, { status: { observedGeneration: generationOf(object), ...status } }, "status");
}

/** Makes the Pods of a controller, and removes those it no longer has. */
async function ensurePods(
  owner: KubeObject,
  template: Json | undefined,
  wanted: number,
  nameFor: (index: number) => string,
  phase: "Running" | "Succeeded" | "Failed",
  world: World,
): Promise<void> {
  const namespace = namespaceOf(owner);
  const names = new Set(Array.from({ length: Math.min(wanted, maxPods) }, (_, index) => nameFor(index)));
  const present = (await world.list("Pod", namespace)).filter((pod) => isOwnedBy(pod, owner));
  for (const pod of present)
    if (!names.has(nameOf(pod))) await world.remove({ kind: "Pod", namespace, name: nameOf(pod) });
  const spec = own(template, "spec");
  for (const name of names) {
    const labels = { ...stringMap(own(own(template, "metadata"), "labels")), ...labelsOfReplicaSet(owner) };
    await world.create(
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels, ownerReferences: [ownerOf(owner)] },
        spec: spec ?? {},
      },
      namespace,
    );
    await world.patch({ kind: "Pod", namespace, name }, { status: podStatus(spec, phase, world) }, "status");
  }
}

function labelsOfReplicaSet(owner: KubeObject): Readonly<Record<string, string>> {
  return owner["kind"] === "ReplicaSet" ? labelsOf(owner) : {};
}

function podStatus(spec: Json | undefined, phase: "Running" | "Succeeded" | "Failed", world: World): JsonMap {
  const now = timeText(world.clock.now());
  const ready = phase === "Running";
  const containers = own(spec, "containers");
  return {
    phase,
    podIP: "10.244.0.1",
    startTime: now,
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: ready || type === "Initialized" || type === "PodScheduled" ? "True" : "False",
      lastTransitionTime: now,
    })),
    containerStatuses: (isList(containers) ? containers : []).map((container) => ({
      name: own(container, "name") ?? "",
      image: own(container, "image") ?? "",
      ready,
      started: ready,
      restartCount: 0,
      state: ready
        ? { running: { startedAt: now } }
        : { terminated: { exitCode: phase === "Failed" ? 1 : 0, finishedAt: now } },
    })),
  };
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  const references = own(own(object, "metadata"), "ownerReferences");
  return isList(references) && references.some((one) => own(one, "uid") === uidOf(owner));
}

function generationOf(object: KubeObject): number {
  const generation = own(own(object, "metadata"), "generation");
  return typeof generation === "number" ? generation : 1;
}

function replicasOf(object: KubeObject): number {
  const replicas = own(own(object, "spec"), "replicas");
  return typeof replicas === "number" ? replicas : 1;
}

function withLabels(template: Json | undefined, labels: JsonMap): JsonMap {
  const metadata = own(template, "metadata");
  return { ...(isMap(template) && template), metadata: { ...(isMap(metadata) && metadata), labels } };
}

const stringMap = (value: Json | undefined): JsonMap => (isMap(value) ? value : {});

const shortHash = (value: Json): string =>
  createHash("sha256")
    .update(stringifyJson(value, { sortKeys: true }))
    .digest("hex")
    .slice(0, 10);
