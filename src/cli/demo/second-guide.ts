/** "GitOps Delivery with Carvel App": two folders of one repository to the run cluster prod, with a kubeconfig from a Secret. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { showStatus } from "./first-guide.ts";
import type { Checkout } from "./forge.ts";
import { textAt } from "./kube.ts";
import type { Stage } from "./stage.ts";
import { type AppId, mark, watchRun } from "./watch-run.ts";

const app: AppId = { namespace: "build-ns", name: "hello-app-app" };
const runNamespace = "ns2";
const secretName = "runcluster1-kubeconfig";

export async function deliverToProd(stage: Stage): Promise<Checkout> {
  const { world, show, examples } = stage;
  const guide = join(examples, "gitops-delivery-with-carvel-app");
  show.act("GitOps delivery with a Carvel App: packages to the run cluster prod");
  const checkout = await world.forge.createRepository("my-gitops");
  await checkout.copy(join(guide, "gitops-repo"), ".");
  show.command("git push     # hello-app.dev.tap/packages/, hello-app.dev.tap/runcluster1/");
  await checkout.push("hello-app for runcluster1");

  show.command("kubectl --context prod apply -f run-cluster/rbac.yaml");
  await world.kube.prod.apply(readFileSync(join(guide, "run-cluster/rbac.yaml"), "utf8"));
  show.command(
    `kubectl --kubeconfig hub.kubeconfig create secret generic ${secretName} -n build-ns --from-file=value.yaml=prod.kubeconfig`,
  );
  const data = { "value.yaml": Buffer.from(world.prod.kubeconfig).toString("base64") };
  await world.kube.hub.apply(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: { name: secretName, namespace: app.namespace },
      data,
    }),
  );

  show.command("kubectl --kubeconfig hub.kubeconfig apply -f build-cluster/app.yaml");
  const before = await mark(world, app);
  const began = Date.now();
  await world.kube.hub.apply(
    readFileSync(join(guide, "build-cluster/app.yaml"), "utf8").replaceAll(
      "https://github.com/mycompany/my-gitops",
      checkout.url,
    ),
  );
  const { events, finished } = await watchRun(world, app, before, began, stage);
  show.check("Reconcile succeeded", finished.outcome === "succeeded", finished.error ?? finished.description);
  const fetched = events.find((event) => event.type === "fetched");
  show.check(
    "both subPaths came in one fetch: three files",
    fetched?.sources.length === 2 && fetched.files === 3,
    JSON.stringify(fetched),
  );
  const install = await world.kube.prod.get("PackageInstall", runNamespace, "hello-app");
  show.check("the PackageInstall is on prod, in the namespace of intoNs", install !== undefined);
  show.check("so is the Package", (await world.kube.prod.list("Package", runNamespace)).length === 1);
  await showStatus(stage, app);
  return checkout;
}

export async function changeParameters(stage: Stage, checkout: Checkout): Promise<void> {
  const { world, show } = stage;
  show.act("Another push, to prod: three replicas");
  const before = await mark(world, app);
  await checkout.edit("hello-app.dev.tap/runcluster1/params.yaml", "replicas: 2", "replicas: 3");
  show.command("git push     # hello-app.dev.tap/runcluster1/params.yaml");
  const { delivery } = await checkout.push("Three replicas");
  const { events, finished, ms } = await watchRun(world, app, before, delivery, stage);
  show.took("push of a parameter → Reconcile succeeded", ms);
  show.check("Reconcile succeeded", finished.outcome === "succeeded", finished.error ?? finished.description);
  const secret = await world.kube.prod.get("Secret", runNamespace, "hello-app-values");
  const values = Buffer.from(textAt(secret, "data", "values.yaml"), "base64").toString("utf8");
  show.check("the Secret on prod has the new value", values.includes("replicas: 3"));
  show.check("no event shows a Secret's value", !JSON.stringify(events).includes("hello-app.mycompany.com"));
}
