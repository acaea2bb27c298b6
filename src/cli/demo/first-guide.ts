/** "Package Management with GitOps", with lateen in the place of the build cluster and staging as its home cluster. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../../reconcile/index.ts";
import { annotationsOf, type KubeObject, resourceVersionOf } from "../../resource/index.ts";
import { textAt } from "./kube.ts";
import type { Stage } from "./stage.ts";
import { type AppId, mark, messageOf, runIds, until, watchRun } from "./watch-run.ts";
import { demoSyncPeriod } from "./world.ts";
import type { Checkout } from "./forge.ts";

const firstApp: AppId = { namespace: "pkg-gitops", name: "pkg-gitops-example" };
const { namespace } = firstApp;
/** How long a run that must not come is waited for. */
const settleMs = 400;

/** The App exists before its packages do, as in the guide. */
export async function createFirstApp(stage: Stage): Promise<Checkout> {
  const { world, show, examples } = stage;
  const guide = join(examples, "package-management-with-gitops");
  show.act("Package management with GitOps: the App goes to lateen's hub instead of a build cluster");
  const checkout = await world.forge.createRepository("my-pkg-gitops-repo");
  await checkout.copy(join(guide, "app"), "app");
  await checkout.copy(join(guide, "packaging", "repo.yml"), "packaging/repo.yml");
  await checkout.edit("app/app.yml", "https://github.com/user/my-pkg-gitops-repo", checkout.url);
  show.command("git push     # app/, packaging/repo.yml");
  const { delivery } = await checkout.push("An App and where its packages come from");
  show.say(`webhook answered ${delivery.status} after ${delivery.ms} ms: ${messageOf(delivery)}`);
  show.check(
    "nothing fetches this repository yet",
    delivery.status === 202 && delivery.body.includes("no App fetches"),
  );

  show.command("kubectl --context staging create namespace pkg-gitops");
  await world.kube.staging.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}`);

  show.command("kubectl --kubeconfig hub.kubeconfig apply -f app/");
  const before = await mark(world, firstApp);
  const began = Date.now();
  await world.kube.hub.apply(readFileSync(join(checkout.folder, "app/rbac.yml"), "utf8"));
  await world.kube.hub.apply(readFileSync(join(checkout.folder, "app/app.yml"), "utf8"));
  const { finished, ms } = await watchRun(world, firstApp, before, began, stage);
  show.took("kubectl apply of the App → Reconcile succeeded", ms);
  await showStatus(stage, firstApp);
  const account = await world.kube.staging.get("ServiceAccount", namespace, "pkg-gitops-app-sa");
  show.check("the App's ServiceAccount and its rights went on to staging, the home cluster", account !== undefined);
  show.check(
    "the PackageRepository is on staging",
    (await world.kube.staging.get("PackageRepository", namespace, "tce-repository")) !== undefined,
  );
  show.check("Reconcile succeeded", finished.outcome === "succeeded", finished.error ?? finished.description);
  return checkout;
}

/** A push deploys: only the subPath, in the order of kapp's change rules. */
export async function pushPackages(stage: Stage, checkout: Checkout): Promise<void> {
  const { world, show, examples } = stage;
  show.act("A push deploys: cert-manager and contour");
  await checkout.copy(join(examples, "package-management-with-gitops", "packaging"), "packaging");
  const before = await mark(world, firstApp);
  show.command("git push     # packaging/packageinstalls.yml, packaging/rbac.yml");
  const { commit, delivery } = await checkout.push("Install cert-manager and contour");
  const { events, finished, ms } = await watchRun(world, firstApp, before, delivery, stage);
  show.took("push of two packages → Reconcile succeeded", ms);
  show.check("Reconcile succeeded", finished.outcome === "succeeded", finished.error ?? finished.description);
  const fetched = events.find((event) => event.type === "fetched");
  show.check(
    "the pushed commit was fetched, and of it the three files of packaging/ only",
    fetched?.sources[0]?.commit === commit && fetched.files === 3,
    JSON.stringify(fetched),
  );
  const order = positions(events, [
    "serviceaccount/pkg-gitops-pkgi-sa ",
    "packageinstall/cert-manager ",
    "packageinstall/contour ",
  ]);
  show.check(
    "rights came first, then cert-manager, then contour",
    order.every((at, index) => at !== -1 && (index === 0 || at > (order[index - 1] ?? 0))),
    order.join(" "),
  );
  const contour = events.find(
    (event) => event.type === "applied" && event.resource.startsWith("packageinstall/contour "),
  );
  const reasons = contour?.type === "applied" ? contour.reasons.join("; ") : "";
  show.check("contour's line names the rule that ordered it", reasons.includes("cert-manager"), reasons);
}

/** The guide's update: one line in git. */
export async function upgradeContour(stage: Stage, checkout: Checkout): Promise<void> {
  const { world, show } = stage;
  show.act("An update: contour 1.17.1 → 1.17.2 by a commit");
  const before = await mark(world, firstApp);
  await checkout.edit("packaging/packageinstalls.yml", "constraints: 1.17.1", "constraints: 1.17.2");
  show.command("git push     # packaging/packageinstalls.yml");
  const { delivery } = await checkout.push("contour 1.17.2");
  const { events, finished, ms } = await watchRun(world, firstApp, before, delivery, stage);
  show.took("push of the update → Reconcile succeeded", ms);
  show.check("Reconcile succeeded", finished.outcome === "succeeded", finished.error ?? finished.description);
  show.check(
    "only contour was changed",
    events.filter(({ type }) => type === "applied").length === 1,
    JSON.stringify(events.filter(({ type }) => type === "applied")),
  );
  show.check("contour on staging is at 1.17.2", (await constraint(stage, "contour")) === "1.17.2");
}

/** Tree ids decide: a commit that leaves the subPath alone wakes nobody. */
export async function pushElsewhere(stage: Stage, checkout: Checkout): Promise<void> {
  const { world, show } = stage;
  show.act("A push that touches another folder only");
  const runs = await runIds(world, firstApp);
  await checkout.write("docs/README.md", "How we deliver.\n");
  const before = world.forge.fetched;
  show.command("git push     # docs/README.md");
  const { delivery } = await checkout.push("Words only");
  show.say(`webhook answered ${delivery.status} after ${delivery.ms} ms: ${messageOf(delivery)}`);
  await until("lateen to look at the new commit", async () => world.forge.fetched.requests > before.requests);
  show.check(`lateen looked at the new commit: ${world.forge.fetched.bytes - before.bytes} bytes`, true);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  show.check(
    "the tree of packaging/ is the same, so no App ran",
    (await runIds(world, firstApp)).join() === runs.join(),
  );
}

/** Changes made by hand on the run cluster are found by the drift run and undone. */
export async function repairDrift(stage: Stage): Promise<void> {
  const { world, show } = stage;
  const { staging } = world.kube;
  show.act(
    `Hands on the run cluster: a changed field, a deleted object and an added field (checked every ${demoSyncPeriod} here)`,
  );
  const before = await mark(world, firstApp);
  show.command("kubectl --context staging patch packageinstall contour …constraints: 1.0.0");
  await staging.mergePatch("PackageInstall", namespace, "contour", {
    spec: { packageRef: { versionSelection: { constraints: "1.0.0" } } },
  });
  show.command("kubectl --context staging delete packagerepository tce-repository");
  await staging.delete("PackageRepository", namespace, "tce-repository");
  show.command("kubectl --context staging patch packageinstall cert-manager …syncPeriod: 99h");
  await staging.mergePatch("PackageInstall", namespace, "cert-manager", { spec: { syncPeriod: "99h" } });
  const { events, ms } = await watchRun(world, firstApp, before, Date.now(), stage);
  show.took(`drift by hand → repaired (sync period ${demoSyncPeriod})`, ms);
  const started = events.find((event) => event.type === "started");
  show.check(
    "a run began because of drift",
    started?.type === "started" && started.cause === "drift",
    JSON.stringify(started),
  );
  // A check that came between two of the three changes repairs the others with the next one.
  await until("all three to be undone", () => isRepaired(stage));
  show.check("the changed field is back", (await constraint(stage, "contour")) === "1.17.2");
  show.check(
    "the deleted object is back",
    (await staging.get("PackageRepository", namespace, "tce-repository")) !== undefined,
  );
  show.check("the added field is gone", (await installSpec(stage, "cert-manager", "syncPeriod")) === "");
  await until("the App to be at rest", async () => (await description(stage)) === "Reconcile succeeded");
}

/** A commit that cannot be read changes nothing and says why. */
export async function pushBroken(stage: Stage, checkout: Checkout): Promise<void> {
  const { world, show } = stage;
  show.act("A bad commit changes nothing, and says why");
  const versions = await resourceVersions(stage);
  const before = await mark(world, firstApp);
  await checkout.write(
    "packaging/oops.yml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: oops\n   namespace: pkg-gitops\n",
  );
  show.command("git push     # packaging/oops.yml");
  const { delivery } = await checkout.push("Oops");
  const { finished } = await watchRun(world, firstApp, before, delivery, stage);
  show.check("the run failed", finished.outcome === "failed", finished.description);
  show.check("its error names file and line", /oops\.yml.*\b[45]\b/s.test(finished.error ?? ""), finished.error);
  await showStatus(stage, firstApp);
  show.check("nothing on staging was written", (await resourceVersions(stage)) === versions);

  const mended = await mark(world, firstApp);
  await checkout.write(
    "packaging/oops.yml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: oops\n  namespace: pkg-gitops\n",
  );
  show.command("git push     # the mended file");
  const fix = await checkout.push("Mend it");
  const run = await watchRun(world, firstApp, mended, fix.delivery, stage);
  show.check("the next commit mends it: Reconcile succeeded", run.finished.outcome === "succeeded", run.finished.error);
}

/** `kubectl get app`, by the App's status. */
export async function showStatus({ world, show }: Stage, app: AppId): Promise<void> {
  show.command(`kubectl --kubeconfig hub.kubeconfig get app ${app.name} -n ${app.namespace}`);
  const object = await world.kube.hub.get("App", app.namespace, app.name);
  show.say(
    `NAME                 DESCRIPTION\n${app.name.padEnd(20)} ${textAt(object, "status", "friendlyDescription")}`,
  );
}

async function description({ world }: Stage): Promise<string> {
  return textAt(await world.kube.hub.get("App", namespace, firstApp.name), "status", "friendlyDescription");
}

async function isRepaired(stage: Stage): Promise<boolean> {
  const repository = await stage.world.kube.staging.get("PackageRepository", namespace, "tce-repository");
  return (
    repository !== undefined &&
    (await constraint(stage, "contour")) === "1.17.2" &&
    (await installSpec(stage, "cert-manager", "syncPeriod")) === ""
  );
}

async function installSpec({ world }: Stage, name: string, ...path: readonly string[]): Promise<string> {
  return textAt(await world.kube.staging.get("PackageInstall", namespace, name), "spec", ...path);
}

function constraint(stage: Stage, name: string): Promise<string> {
  return installSpec(stage, name, "packageRef", "versionSelection", "constraints");
}

/** What would differ if anything of the App had been written; status changes of controllers are over by then. */
async function resourceVersions({ world }: Stage): Promise<string> {
  const { staging } = world.kube;
  const objects = [
    ...(await staging.list("PackageInstall", namespace)),
    ...(await staging.list("PackageRepository", namespace)),
    ...(await staging.list("ServiceAccount", namespace)),
    ...(await staging.list("ConfigMap", namespace)).filter(
      (object: KubeObject) => annotationsOf(object)["kapp.k14s.io/identity"] !== undefined,
    ),
  ];
  return objects.map(resourceVersionOf).join();
}

/** Where in the run objects were applied whose descriptions begin so; -1 = not. */
function positions(events: readonly RunEvent[], prefixes: readonly string[]): readonly number[] {
  return prefixes.map((prefix) =>
    events.findIndex((event) => event.type === "applied" && event.resource.startsWith(prefix)),
  );
}
