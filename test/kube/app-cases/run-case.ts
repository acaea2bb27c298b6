import { randomBytes } from "node:crypto";
import { getApp, requestReconcile } from "../../../src/reconcile/index.ts";
import type { KubeClient, KubeObject } from "../kube-client.ts";
import { type Action, parseYaml, type RecordedCase, type Step } from "./recorded-case.ts";
import { appOf, type RunningCase } from "./running-case.ts";
import { waitUntil } from "./settle.ts";
import { withFolder } from "./stage-folder.ts";
import type { RepositoryUrls, World } from "./world.ts";

export async function startCase(recorded: RecordedCase, world: World): Promise<RunningCase> {
  const namespace = `app-${recorded.name.slice(0, 40)}-${randomBytes(3).toString("hex")}`;
  const namespaces = ["", ...recorded.namespaces].map((suffix) => `${namespace}${suffix}`);
  const target = deploysApps(recorded) ? world.hub : world.cluster;
  const run: RunningCase = {
    recorded,
    world,
    namespace,
    namespaces,
    target,
    placeholders: new Map([["__NS__", namespace]]),
    labels: new Map(),
  };
  for (const name of namespaces)
    await world.cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, "");
  await restoreKubeconfig(run);
  if ([...recorded.inputs.values()].some((text) => text.includes("__GIT"))) await openRepository(run);
  return run;
}

export async function endCase({ world, namespaces, recorded, namespace }: RunningCase): Promise<void> {
  const { hub, cluster } = world;
  for (const app of await hub.list("kappctrl.k14s.io/v1alpha1", "App", namespace)) {
    const target = { apiVersion: "kappctrl.k14s.io/v1alpha1", kind: "App", namespace, name: app.metadata.name };
    // Nothing is to be waited for any more; what is left goes with the namespace.
    await hub.patch(target, { contentType: "application/merge-patch+json", body: { metadata: { finalizers: null } } });
    await hub.delete(target);
  }
  for (const object of await cluster.listLabelled(["kapp.k14s.io/app"], [])) {
    const { kind = "", apiVersion, metadata } = object;
    const isOurs = metadata.name.includes(namespace) || (kind === "CustomResourceDefinition" && needsAlone(recorded));
    if (isOurs)
      await cluster.delete({
        ...(apiVersion === undefined ? {} : { apiVersion }),
        kind,
        namespace: "",
        name: metadata.name,
      });
  }
  for (const name of namespaces) await cluster.delete({ apiVersion: "v1", kind: "Namespace", namespace: "", name });
  if (needsAlone(recorded)) await removeDefinitions(cluster);
}

/** Cluster-scoped names are the same for every case: such a case runs alone. */
export function needsAlone(recorded: RecordedCase): boolean {
  return [...recorded.inputs.values()].some((text) => /kind: CustomResourceDefinition|kcg\.example\.com/.test(text));
}

export async function runStep(run: RunningCase, step: Step): Promise<void> {
  const before = await appOf(run);
  for (const action of step.do) await act(run, action);
  // Nobody asks for a run in such a step: it comes by the timer.
  const byTimer = run.recorded.tags.includes("slow") && step.do.every((action) => action.patch !== undefined);
  await waitUntil(run, step.until ?? "settled", byTimer ? before : undefined);
}

/** Whether the App was run by the timer after a failure. */
export async function wasRetriedSince({ world, namespace, recorded }: RunningCase, time: number): Promise<boolean> {
  const view = await getApp(namespace, recorded.app, world.lateen.deps);
  return view?.runs.some(({ cause, startedAt }) => cause === "retry" && startedAt >= time) ?? false;
}

/** Replaces the placeholders of an input. */
export function fill(run: RunningCase, text: string): string {
  let filled = text;
  for (const [placeholder, value] of run.placeholders) filled = filled.replaceAll(placeholder, value);
  const left = /__[A-Z_]+(?::[^_]+)?__/.exec(filled);
  if (left !== null) throw new Error(`${run.recorded.name}: nothing to put for ${left[0]}`);
  return filled;
}

async function act(run: RunningCase, action: Action): Promise<void> {
  const { world, namespace, recorded } = run;
  const { lateen, hub } = world;
  const app = { apiVersion: "kappctrl.k14s.io/v1alpha1", kind: "App", namespace, name: recorded.app };
  if (action.commit !== undefined) await commit(run, action.commit, action);
  else if (action.apply !== undefined)
    for (const object of objectsIn(run, action.apply)) await applyObject(run, object);
  else if (action.delete !== undefined)
    for (const object of objectsIn(run, action.delete)) await deleteObject(run, object);
  else if (action.patchApp !== undefined) {
    const body: unknown = JSON.parse(fill(run, JSON.stringify(action.patchApp)));
    const { status, text } = await hub.patch(app, { contentType: "application/merge-patch+json", body });
    if (status !== 200) throw new Error(`patching the App: ${status} ${text}`);
  } else if (action.deleteApp === true) await hub.delete(app);
  else if (action.sync === true) await requestReconcile(namespace, recorded.app, lateen.deps);
  else if (action.syncApp !== undefined) {
    await requestReconcile(namespace, action.syncApp, lateen.deps);
    await waitUntil(run, "settled", undefined, action.syncApp);
  } else if (action.waitApp !== undefined) await waitUntil(run, "settled", undefined, action.waitApp);
  else if (action.sleep !== undefined) await new Promise((resolve) => setTimeout(resolve, (action.sleep ?? 0) * 1_000));
  else if (action.patch !== undefined) await patchObject(run, action.patch, action);
  else if (action.remove !== undefined) await run.target.delete(named(run, action.remove));
  else if (action.kubeconfig === "restore") await restoreKubeconfig(run);
  else if (action.kubeconfig === "remove")
    await hub.delete({ apiVersion: "v1", kind: "Secret", namespace, name: "cluster" });
  else throw new Error(`${recorded.name}: unknown action ${JSON.stringify(action)}`);
}

async function commit(run: RunningCase, folder: string, action: Action): Promise<void> {
  const { branch, orphan, tags, annotatedTags } = action;
  const { repository } = run.git ?? (await openRepository(run));
  const message = action.message ?? `commit ${folder.split("/").at(-1)}`;
  currentBranch.set(run, branch ?? currentBranch.get(run) ?? "main");
  const options = {
    message,
    branch: currentBranch.get(run) ?? "main",
    ...(orphan === undefined ? {} : { orphan }),
    ...(tags === undefined ? {} : { tags }),
    ...(annotatedTags === undefined ? {} : { annotatedTags }),
  };
  const sha = await withFolder(
    run.recorded,
    folder,
    (text) => fill(run, text),
    (directory) => repository.commitFolder(directory, options),
  );
  run.placeholders.set(`__SHA:${folder}__`, sha);
}

/** A commit goes to the branch of the one before it. */
const currentBranch = new WeakMap<RunningCase, string>();

async function openRepository(run: RunningCase): Promise<RepositoryUrls> {
  const git = await run.world.createRepository(run.namespace);
  for (const [placeholder, url] of Object.entries(git.placeholders)) run.placeholders.set(placeholder, url);
  run.git = git;
  return git;
}

/** What kapp-controller's cluster held in one place is in two here: Apps and what they read in the hub, the rest on the run cluster. */
async function applyObject(run: RunningCase, object: KubeObject): Promise<void> {
  const { hub, cluster } = run.world;
  if (isForHub(object)) await hub.apply(object, run.namespace);
  if (object.kind !== "App" && object.kind !== "Secret") await cluster.apply(object, run.namespace);
}

async function deleteObject(run: RunningCase, object: KubeObject): Promise<void> {
  const { hub, cluster } = run.world;
  const { apiVersion, kind = "", metadata } = object;
  const target = {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    kind,
    namespace: metadata.namespace ?? run.namespace,
    name: metadata.name,
  };
  if (isForHub(object)) await hub.delete(target);
  if (object.kind !== "App" && object.kind !== "Secret") await cluster.delete(target);
}

function isForHub({ kind }: KubeObject): boolean {
  return kind === "App" || kind === "Secret" || kind === "ConfigMap";
}

async function patchObject(run: RunningCase, target: string, action: Action): Promise<void> {
  const contentType = action.type === "json" ? "application/json-patch+json" : "application/merge-patch+json";
  const body: unknown = JSON.parse(fill(run, JSON.stringify(action.with)));
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { status, text } = await run.target
      .patch(named(run, target), {
        contentType,
        body,
        ...(action.subresource === undefined ? {} : { subresource: action.subresource }),
      })
      .catch((error: unknown) => ({ status: 0, text: String(error) }));
    if (status === 200) return;
    if (action.retry !== true || Date.now() > deadline) throw new Error(`patch ${target}: ${status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function named(run: RunningCase, target: string): { kind: string; namespace: string; name: string } {
  const [kind = "", name = ""] = target.split("/");
  return { kind, namespace: run.namespace, name };
}

function objectsIn(run: RunningCase, file: string): readonly KubeObject[] {
  const text = run.recorded.inputs.get(file);
  if (text === undefined) throw new Error(`${run.recorded.name} has no file ${file}`);
  // Kubernetes objects, by the README of the cases.
  return parseYaml(fill(run, text)) as KubeObject[];
}

async function restoreKubeconfig(run: RunningCase): Promise<void> {
  const { world, namespace, recorded, target } = run;
  const kubeconfig = target === world.hub ? world.hubKubeconfig : world.plane.kubeconfig;
  for (const suffix of recorded.kubeconfigIn) {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cluster" },
      stringData: { value: kubeconfig, other: "x" },
    };
    await world.hub.apply(secret, `${namespace}${suffix}`);
  }
}

/** An App whose documents are Apps: kapp-controller had one cluster for both, so lateen's hub is the target. */
function deploysApps(recorded: RecordedCase): boolean {
  return [...recorded.inputs].some(([path, text]) =>
    path.startsWith("repo/") ? /^kind: App$/m.test(text) : /(?:\\n|\n +)kind: App(?:\\n|$)/m.test(text),
  );
}

async function removeDefinitions(cluster: KubeClient): Promise<void> {
  const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
  const ours = (await cluster.list(definition.apiVersion, definition.kind, "")).filter(({ metadata }) =>
    metadata.name.endsWith(".kcg.example.com"),
  );
  for (const { metadata } of ours) {
    await cluster.delete({ ...definition, namespace: "", name: metadata.name });
    while ((await cluster.get(definition.apiVersion, definition.kind, "", metadata.name)) !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
