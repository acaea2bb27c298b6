import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRedactor } from "../../src/base/index.ts";
import type { DeployProgress } from "../../src/deploy/index.ts";
import { type KubeObject, labelsOf, type MutableJsonMap, nameOf, uidOf } from "../../src/resource/index.ts";
import { carryOut, deploy, ending, plan, type Result, refusal, type Settings } from "./support/deploy.ts";
import { failure, ManualClock, MemoryCluster } from "./support/memory-cluster.ts";

type Map = Record<string, unknown>;

/** A container's status by what it waits for. */
const waiting = (reason: string, message = "", more: Map = {}): Map => ({
  name: "app",
  ready: false,
  state: { waiting: { reason, message } },
  ...more,
});
const crashLoop = (restartCount: number, exitCode = 1, reason = "Error"): Map =>
  waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container", {
    restartCount,
    lastState: { terminated: { exitCode, reason } },
  });
const running = (more: Map = {}): Map => ({ name: "app", ready: false, state: { running: {} }, ...more });
const pending = (...containerStatuses: Map[]): Map => ({ phase: "Pending", containerStatuses });
const started = (...containerStatuses: Map[]): Map => ({
  phase: "Running",
  conditions: ["Initialized", "Ready", "PodScheduled"].map((type) => ({
    type,
    status: type === "Ready" ? "False" : "True",
  })),
  containerStatuses,
});
const badImage = pending(waiting("ImagePullBackOff", 'Back-off pulling image "web:2"'));

const hash = { "controller-revision-hash": "new" };
/** What the server and the controllers say of each kind, so that its wait goes on. */
const workloads: Readonly<Record<string, { readonly spec?: Map; readonly status: Map; readonly podLabels?: Map }>> = {
  Deployment: { status: { unavailableReplicas: 1 } },
  StatefulSet: { spec: { replicas: 1 }, status: { updatedReplicas: 1, updateRevision: "new" }, podLabels: hash },
  DaemonSet: {
    status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberUnavailable: 1 },
    podLabels: { "pod-template-generation": "2" },
  },
  Job: { status: { active: 1 } },
};
const revisions = { "deployment.kubernetes.io/revision": "2", "deprecated.daemonset.template.generation": "2" };

const yamlOf = (kind: string, annotations: Map = {}, spec: Map = {}): string =>
  `${JSON.stringify({
    apiVersion: kind === "Pod" ? "v1" : kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name: "web", annotations },
    spec,
  })}\n`;

interface Scene {
  readonly cluster: MemoryCluster;
  /** Puts a Pod of the workload's present revision, or of another owner. */
  pod(name: string, status: Map, more?: { readonly owner?: KubeObject; readonly metadata?: Map }): void;
}

/** A cluster whose workload `web` waits for its Pods. */
function newScene(kind: string): Scene {
  const cluster = new MemoryCluster(new ManualClock());
  const { spec = {}, status, podLabels = {} } = workloads[kind] ?? { status: {} };
  cluster.admit = (object: MutableJsonMap) => {
    if (object["kind"] !== kind) return;
    const metadata = object["metadata"] as Map;
    metadata["generation"] ??= 1;
    metadata["annotations"] = { ...revisions, ...(metadata["annotations"] as Map | undefined) };
    if (kind === "Pod") return;
    object["spec"] = { ...spec, ...(object["spec"] as Map) } as MutableJsonMap;
    object["status"] ??= { observedGeneration: 1, ...status } as MutableJsonMap;
  };
  const live = (): KubeObject => cluster.find(kind, "web") ?? {};
  return {
    cluster,
    pod(name, podStatus, { owner = ownerOf(cluster, live()), metadata = {} } = {}) {
      cluster.put({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name,
          namespace: "app",
          labels: { ...associationOf(live()), ...podLabels },
          ownerReferences: [{ uid: uidOf(owner) }],
          ...metadata,
        },
        status: podStatus,
      } as KubeObject);
    },
  };
}

function associationOf(object: KubeObject): Map {
  return { "kapp.k14s.io/association": labelsOf(object)["kapp.k14s.io/association"] };
}

/** Pods of a Deployment belong to its ReplicaSet. */
function ownerOf(cluster: MemoryCluster, workload: KubeObject): KubeObject {
  return workload["kind"] === "Deployment" ? replicaSet(cluster, workload, "2") : workload;
}

function replicaSet(cluster: MemoryCluster, deployment: KubeObject, revision: string): KubeObject {
  const name = `${nameOf(deployment)}-${revision}`;
  return (
    cluster.find("ReplicaSet", name) ??
    cluster.put({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name,
        namespace: "app",
        labels: associationOf(deployment),
        annotations: { "deployment.kubernetes.io/revision": revision },
        ownerReferences: [{ uid: uidOf(deployment) }],
      },
      status: {},
    } as KubeObject)
  );
}

/** Deploys `web` and makes its Pods once it is there; tells how it ended and after how many seconds. */
async function run(
  scene: Scene,
  yaml: string,
  makePods: () => void,
  settings: Settings = {},
): Promise<Result & { readonly text: string; readonly seconds: number }> {
  const { cluster } = scene;
  const begin = cluster.clock.now();
  cluster.clock.after(1, makePods);
  const result = await deploy(cluster, yaml, settings);
  return { ...result, text: ending(result), seconds: Math.round((cluster.clock.now() - begin) / 1_000) };
}

const early = /^lateen: not waited for until the time-out/m;

describe("a wait that cannot succeed", () => {
  const cases: {
    readonly name: string;
    readonly kind: string;
    readonly status: Map;
    readonly annotations?: Map;
    /** Seconds after which it fails, or `undefined` where only kapp's time-out ends it. */
    readonly after: number | undefined;
    readonly says: RegExp;
  }[] = [
    {
      name: "an image that cannot be pulled, after three minutes",
      kind: "Deployment",
      status: badImage,
      after: 180,
      says: /^lateen: pod\/web-1 \(v1\) namespace: app, container app: ImagePullBackOff \(message: Back-off pulling image "web:2"\)$/m,
    },
    {
      name: "an image name that is none, at once",
      kind: "Deployment",
      status: pending(waiting("InvalidImageName", 'couldn\'t parse image name "Web:"')),
      after: 0,
      says: /container app: InvalidImageName/,
    },
    {
      name: "a missing Secret",
      kind: "DaemonSet",
      status: pending(waiting("CreateContainerConfigError", 'secret "db" not found')),
      after: 180,
      says: /CreateContainerConfigError \(message: secret "db" not found\)/,
    },
    {
      name: "a command that is not there",
      kind: "StatefulSet",
      status: started(waiting("RunContainerError", "exec: not found")),
      after: 180,
      says: /RunContainerError \(message: exec: not found\)/,
    },
    {
      name: "a crash loop",
      kind: "Deployment",
      status: started(crashLoop(6, 137, "OOMKilled")),
      after: 180,
      says: /container app: CrashLoopBackOff, restarted 6 times, last exit code 137 \(OOMKilled\)/,
    },
    {
      name: "an init container's crash loop",
      kind: "Pod",
      status: {
        phase: "Pending",
        initContainerStatuses: [{ ...crashLoop(5), name: "init" }],
        containerStatuses: [waiting("PodInitializing")],
      },
      after: 180,
      says: /pod\/web \(v1\) namespace: app, container init: CrashLoopBackOff/,
    },
    {
      name: "few restarts are no crash loop yet",
      kind: "Deployment",
      status: started(crashLoop(4)),
      after: undefined,
      says: /CrashLoopBackOff, restarted 4 times, last exit code 1 \(Error\)/,
    },
    {
      name: "while a container runs nobody knows",
      kind: "Deployment",
      status: started(running({ restartCount: 9, lastState: { terminated: { exitCode: 2 } } })),
      after: undefined,
      says: /container app: restarted 9 times, last exit code 2$/m,
    },
    {
      name: "a Job counts its restarts itself",
      kind: "Job",
      status: started(crashLoop(9)),
      after: undefined,
      says: /CrashLoopBackOff, restarted 9 times/,
    },
    { name: "a Job's image", kind: "Job", status: badImage, after: 180, says: /ImagePullBackOff/ },
    {
      name: "a Pod that is not scheduled waits for an autoscaler",
      kind: "Deployment",
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes fit" }],
      },
      after: undefined,
      says: /^lateen: pod\/web-1 \(v1\) namespace: app: Unschedulable \(message: 0\/3 nodes fit\)$/m,
    },
    {
      name: "as late as the annotation says",
      kind: "Deployment",
      status: badImage,
      annotations: { "lateen.dev/fail-early-after": "10m" },
      after: 600,
      says: /this has lasted for 10m\d+s/,
    },
    {
      name: "never, where the annotation says so",
      kind: "Deployment",
      status: badImage,
      annotations: { "lateen.dev/fail-early-after": "never" },
      after: undefined,
      says: /ImagePullBackOff/,
    },
    {
      name: "not at all without its associated resources",
      kind: "Deployment",
      status: badImage,
      annotations: { "kapp.k14s.io/disable-associated-resources-wait": "" },
      after: undefined,
      says: /for resources: \[deployment\/web [^\]]*\]$/,
    },
  ];
  for (const { name, kind, status, annotations = {}, after, says } of cases) {
    it(name, async () => {
      const scene = newScene(kind);
      const makePods = (): void =>
        kind === "Pod"
          ? scene.cluster.edit("Pod", "web", (pod) => {
              pod["status"] = status as MutableJsonMap;
            })
          : scene.pod("web-1", status);
      const { text, seconds } = await run(scene, yamlOf(kind, annotations), makePods);
      assert.match(text, says);
      if (after === undefined) {
        assert.match(text, /^Timed out waiting after 15m0s for resources:/);
        assert.doesNotMatch(text, early);
      } else {
        assert.match(text, /^waiting on reconcile [\s\S]*:\n {2}Finished unsuccessfully \(/);
        assert.match(text, early);
        assert.ok(seconds >= after && seconds < after + 10, `failed after ${seconds} s`);
      }
    });
  }

  it("is told in the log before it fails, behind kapp's own words", async () => {
    const scene = newScene("Deployment");
    const { log } = await run(scene, yamlOf("Deployment"), () => {
      scene.pod("web-1", badImage);
      scene.pod("web-2", started(crashLoop(3)));
    });
    assert.ok(
      log.includes('    ^ Pending: ImagePullBackOff (message: Back-off pulling image "web:2") (container app)'),
      log.join("\n"),
    );
    assert.ok(
      log.includes(
        "    ^ Condition Ready is not True (False) (container app: CrashLoopBackOff, restarted 3 times, last exit code 1 (Error))",
      ),
    );
  });

  it("needs the fault without a break", async () => {
    const scene = newScene("Deployment");
    const { clock } = scene.cluster;
    // Every two minutes the image can be pulled for a moment.
    for (let minute = 2; minute < 16; minute += 2) {
      clock.after(minute * 60_000, () => scene.pod("web-1", started(running())));
      clock.after(minute * 60_000 + 5_000, () => scene.pod("web-1", badImage));
    }
    const { text } = await run(scene, yamlOf("Deployment"), () => scene.pod("web-1", badImage));
    assert.match(text, /^Timed out/);
  });

  it("is no break when the Pods could not be listed once", async () => {
    const scene = newScene("Deployment");
    const { cluster } = scene;
    let lists = 0;
    cluster.before = ({ target }) => {
      if (target.startsWith("Pod ") && ++lists % 20 === 0) throw failure(500, "InternalError", "etcd");
    };
    const { text, seconds } = await run(scene, yamlOf("Deployment"), () => scene.pod("web-1", badImage));
    assert.match(text, early);
    assert.ok(lists > 40 && seconds >= 180 && seconds < 190, `failed after ${seconds} s`);
  });

  it("blames no Pod of an older revision and none that is being deleted", async () => {
    const scene = newScene("Deployment");
    const { text } = await run(scene, yamlOf("Deployment"), () => {
      const owner = replicaSet(scene.cluster, scene.cluster.find("Deployment", "web") ?? {}, "1");
      scene.pod("old", badImage, { owner });
      scene.pod("leaving", badImage, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
      scene.pod("new", started(running()));
    });
    assert.match(text, /^Timed out/);
    assert.doesNotMatch(text, /lateen:/);
  });

  it("can do without Pods beyond the minimum of replicas", async () => {
    const minimum = { "kapp.k14s.io/apps-v1-deployment-wait-minimum-replicas-available": "2" };
    for (const [stuck, ends] of [
      [1, /^Timed out/],
      [2, early],
    ] as const) {
      const scene = newScene("Deployment");
      const { text } = await run(scene, yamlOf("Deployment", minimum, { replicas: 3 }), () => {
        for (let n = 0; n < 3; n++) scene.pod(`web-${n}`, n < stuck ? badImage : started(running()));
      });
      assert.match(text, ends);
    }
  });

  it("leaves it to a wait rule", async () => {
    const scene = newScene("Deployment");
    const rule = `${JSON.stringify({
      apiVersion: "kapp.k14s.io/v1alpha1",
      kind: "Config",
      waitRules: [
        {
          conditionMatchers: [{ type: "Done", status: "True", success: true }],
          resourceMatchers: [{ apiVersionKindMatcher: { apiVersion: "apps/v1", kind: "Deployment" } }],
        },
      ],
    })}\n`;
    const { text } = await run(scene, `${yamlOf("Deployment")}---\n${rule}`, () => scene.pod("web-1", badImage));
    assert.match(text, /^Timed out[\s\S]*ImagePullBackOff/);
  });

  it("goes on over slices", async () => {
    const scene = newScene("Deployment");
    const { cluster } = scene;
    cluster.clock.after(1, () => scene.pod("web-1", badImage));
    const begin = cluster.clock.now();
    let progress: DeployProgress | undefined;
    for (let slice = 1; slice <= 10; slice++) {
      const handOverAt = cluster.clock.now() + 60_000;
      const planned = await plan(cluster, yamlOf("Deployment"));
      const result = await carryOut(planned, cluster, { handOverAt, ...(progress && { resume: progress }) });
      if (result.outcome.state !== "waiting") {
        assert.match(ending(result), early);
        const seconds = (cluster.clock.now() - begin) / 1_000;
        assert.ok(seconds >= 180 && seconds < 200, `failed after ${seconds} s`);
        return;
      }
      // It is stored as JSON.
      progress = JSON.parse(JSON.stringify(result.outcome.progress)) as DeployProgress;
    }
    assert.fail("it never failed");
  });

  it("says of a Deployment with many Pods what they have in common", async () => {
    const scene = newScene("Deployment");
    const { text } = await run(scene, yamlOf("Deployment"), () => {
      for (let n = 0; n < 30; n++) scene.pod(`web-${n}`, badImage);
    });
    assert.match(text, /^lateen: pod\/web-0 \(v1\) namespace: app and 29 more, container app: ImagePullBackOff/m);
  });

  it("of several workloads is told behind all of kapp's text", async () => {
    const cluster = new MemoryCluster(new ManualClock());
    cluster.admit = (object: MutableJsonMap) => {
      if (object["kind"] === "Pod") object["status"] = pending(waiting("InvalidImageName")) as MutableJsonMap;
    };
    const pods = ["a", "b"].map((name) => JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name } }));
    const rawOptions = ["--exit-early-on-wait-error=false"];
    const failed = (name: string): string =>
      `waiting on reconcile pod/${name} (v1) namespace: app: Finished unsuccessfully (Pending: InvalidImageName (container app))`;
    const why = (name: string): readonly string[] => [
      "lateen: not waited for until the time-out: waiting on would not help",
      `lateen: pod/${name} (v1) namespace: app, container app: InvalidImageName`,
    ];
    assert.equal(
      ending(await deploy(cluster, pods.join("\n---\n"), { rawOptions })),
      ["", "", `  - ${failed("a")}`, "", `  - ${failed("b")}`, "", "", ...why("a"), ...why("b")].join("\n"),
    );
  });

  it("is refused an annotation that says no time, before anything is written", async () => {
    const scene = newScene("Deployment");
    const yaml = yamlOf("Deployment", { "lateen.dev/fail-early-after": "soon" });
    assert.equal(
      await refusal(deploy(scene.cluster, yaml)),
      "Expected annotation 'lateen.dev/fail-early-after' on resource 'deployment/web (apps/v1) namespace: app' to be a duration such as '10m', or 'never'",
    );
    assert.deepEqual(scene.cluster.writes, []);
  });
});

describe("Pods that cannot be created", () => {
  it("for a quota, as a Deployment says", async () => {
    const scene = newScene("Deployment");
    const message = 'pods "web-1" is forbidden: exceeded quota: small';
    const condition = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message };
    const { text, seconds } = await run(scene, yamlOf("Deployment"), () =>
      scene.cluster.edit("Deployment", "web", (object) => {
        object["status"] = { observedGeneration: 1, conditions: [condition] };
      }),
    );
    assert.match(text, early);
    assert.match(
      text,
      /deployment\/web .*: FailedCreate \(message: pods "web-1" is forbidden: exceeded quota: small\)/,
    );
    assert.ok(seconds >= 180 && seconds < 190);
  });

  const warn = (cluster: MemoryCluster, kind: string, reason: string, lastTimestamp: string): void => {
    cluster.put({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `event-${reason}-${lastTimestamp}`, namespace: "app" },
      involvedObject: { uid: uidOf(cluster.find(kind, "web") ?? {}) },
      type: "Warning",
      reason,
      message: "exceeded quota: small",
      lastTimestamp,
    } as unknown as KubeObject);
  };

  for (const kind of ["StatefulSet", "DaemonSet", "Job"])
    it(`for a quota, as events of a ${kind} say`, async () => {
      const scene = newScene(kind);
      const { cluster } = scene;
      const { text, log } = await run(scene, yamlOf(kind), () =>
        warn(cluster, kind, "FailedCreate", "2026-01-02T03:04:10Z"),
      );
      assert.match(text, early);
      assert.match(text, /web .*: FailedCreate \(message: exceeded quota: small\)/);
      assert.ok(log.some((line) => /^ \^ Waiting .* \(FailedCreate \(message: exceeded quota: small\)\)$/.test(line)));
      const lists = cluster.calls.filter(({ verb, target }) => verb === "list" && target.startsWith("Event"));
      assert.ok(lists.length <= 14, `${lists.length} lists of events in three minutes`);
    });

  it("says nothing where Pods may not be seen: there may be some", async () => {
    for (const annotations of [{}, { "kapp.k14s.io/disable-associated-resources-wait": "" }]) {
      const scene = newScene("StatefulSet");
      const { cluster } = scene;
      const isRefused = Object.keys(annotations).length === 0;
      cluster.before = ({ target }) => {
        if (isRefused && target.startsWith("Pod ")) throw failure(403, "Forbidden", "may not");
      };
      const { text } = await run(scene, yamlOf("StatefulSet", annotations), () =>
        warn(cluster, "StatefulSet", "FailedCreate", "2026-01-02T03:00:00Z"),
      );
      assert.match(text, /^Timed out/);
      assert.doesNotMatch(text, /lateen:/);
    }
  });

  it("once, before the newest Pod was created", async () => {
    const scene = newScene("StatefulSet");
    const { text } = await run(scene, yamlOf("StatefulSet", {}, { replicas: 2 }), () => {
      warn(scene.cluster, "StatefulSet", "FailedCreate", "2026-01-02T03:00:00Z");
      scene.pod("web-0", started(running()), { metadata: { creationTimestamp: "2026-01-02T03:01:00Z" } });
    });
    assert.match(text, /^Timed out/);
  });

  it("a Pod whose status says nothing is explained by its events", async () => {
    const scene = newScene("Pod");
    const { text } = await run(scene, yamlOf("Pod"), () => {
      scene.cluster.edit("Pod", "web", (pod) => {
        pod["status"] = pending(waiting("ContainerCreating")) as MutableJsonMap;
      });
      warn(scene.cluster, "Pod", "FailedMount", "2026-01-02T03:04:10Z");
    });
    assert.match(
      text,
      /^Timed out[\s\S]*\nlateen: pod\/web \(v1\) namespace: app: FailedMount \(message: exceeded quota: small\)$/,
    );
  });
});

describe("what a container wrote last", () => {
  const logged = (...texts: string[]): { time: string; text: string }[] =>
    texts.map((text) => ({ time: "2026-01-01T00:00:01Z", text }));
  const crash = (scene: Scene): Promise<{ readonly text: string }> =>
    run(scene, yamlOf("Deployment"), () => scene.pod("web-1", started(crashLoop(7))), {
      redactor: createRedactorWith("hunter2-hunter2"),
    });
  const createRedactorWith = (secret: string): ReturnType<typeof createRedactor> => {
    const redactor = createRedactor();
    redactor.add(secret);
    return redactor;
  };

  it("stands below the fault, bounded, without secrets and control characters", async () => {
    const scene = newScene("Deployment");
    const long = `${"x".repeat(95)}hunter2-hunter2${"y".repeat(400)}`;
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`);
    scene.cluster.logs.set("web-1/app", logged(...lines, long, "\u001b[31mpanic\u001b[0m: no \u0007 database"));
    const { text } = await crash(scene);
    const shown = text.split("\n").filter((line) => line.startsWith("lateen:   | "));
    assert.equal(shown.length, 10);
    assert.equal(shown.at(-1), "lateen:   | panic: no   database");
    assert.match(shown.at(-2) ?? "", /^lateen: {3}\| x{95}\[reda … y+$/);
    assert.doesNotMatch(text, /hunter/);
  });

  it("is left out for those who may not read it", async () => {
    const scene = newScene("Deployment");
    scene.cluster.logs.set("web-1/app", logged("hello"));
    scene.cluster.before = ({ target }) => {
      if (target.startsWith("log ") || target.startsWith("Event")) throw failure(403, "Forbidden", "may not");
    };
    const { text } = await crash(scene);
    assert.match(text, early);
    assert.doesNotMatch(text, /may not|hello/);
  });

  it("and Pods too: then it is kapp's wait", async () => {
    const scene = newScene("Deployment");
    scene.cluster.before = ({ target }) => {
      if (target.startsWith("Pod ")) throw failure(403, "Forbidden", "may not");
    };
    const { text } = await crash(scene);
    assert.match(text, /^Timed out/);
    assert.doesNotMatch(text, /lateen:/);
  });

  it("is told of at most three containers", async () => {
    const scene = newScene("Deployment");
    const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
    const { cluster } = scene;
    for (const name of names) cluster.logs.set(`web-1/${name}`, logged(`from ${name}`));
    await run(scene, yamlOf("Deployment"), () =>
      scene.pod("web-1", started(...names.map((name) => ({ ...crashLoop(7), name })))),
    );
    assert.equal(cluster.calls.filter(({ target }) => target.startsWith("log ")).length, 3);
  });

  it("is told of a Job that failed", async () => {
    const scene = newScene("Job");
    scene.cluster.logs.set("web-1/app", logged("no such table"));
    const { text } = await run(scene, yamlOf("Job"), () => {
      scene.pod("web-1", {
        phase: "Failed",
        containerStatuses: [{ name: "app", ready: false, state: { terminated: { exitCode: 3, reason: "Error" } } }],
      });
      scene.cluster.edit("Job", "web", (job) => {
        job["status"] = {
          conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "limit" }],
        };
      });
    });
    assert.equal(
      text,
      [
        "waiting on reconcile job/web (batch/v1) namespace: app:",
        "  Finished unsuccessfully (Failed with reason BackoffLimitExceeded: limit)",
        "lateen: pod/web-1 (v1) namespace: app, container app: exit code 3 (Error)",
        "lateen:   | no such table",
      ].join("\n"),
    );
  });
});
