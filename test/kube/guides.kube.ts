/**
 * Both guides end to end, as a person follows them: kubectl and git, a webhook for each push, and lateen where the guides have a build cluster.
 * The steps of a guide build on each other.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Checkout } from "../../src/cli/demo/forge.ts";
import { getApp } from "../../src/reconcile/index.ts";
import { adapted, eventually, examples, startWorld, type World } from "./guides/world.ts";

describe("Package Management with GitOps", () => {
  const namespace = "pkg-gitops";
  const app = ["apps/pkg-gitops-example", "-n", namespace];
  let world: World;
  let checkout: Checkout;
  before(async () => {
    world = await startWorld([namespace]);
    await world.run("create", "namespace", namespace);
    checkout = await world.forge.createRepository("my-pkg-gitops-repo");
    await checkout.copy(join(examples, "package-management-with-gitops/app"), "app");
    await checkout.copy(join(examples, "package-management-with-gitops/packaging"), "packaging");
    await checkout.edit("app/app.yml", "https://github.com/user/my-pkg-gitops-repo", checkout.url);
  });
  after(async () => {
    await world.clean(
      `namespace/${namespace}`,
      "clusterrolebinding/pkg-gitops-app-role-binding",
      "clusterrole/pkg-gitops-app-role",
    );
    await world.stop();
  });
  const column = (path: string): Promise<string> => world.hub(["get", ...app, "-o", `jsonpath={${path}}`]);
  const succeeds = (): Promise<string> =>
    world.hub(["wait", ...app, "--for=condition=ReconcileSucceeded", "--timeout=60s"]);
  const constraintOf = (name: string): Promise<string> =>
    world.run(
      "get",
      `pkgi/${name}`,
      "-n",
      namespace,
      "--ignore-not-found",
      "-o",
      "jsonpath={.spec.packageRef.versionSelection.constraints}",
    );
  const runs = async (): Promise<number> =>
    (await getApp(namespace, "pkg-gitops-example", world.lateen.deps))?.runs.length ?? 0;

  it("a push that no App fetches is acknowledged as such", async () => {
    const { delivery } = await checkout.push("App and packages");
    assert.equal(delivery.status, 202);
    assert.match(delivery.body, /no App fetches/);
  });

  it("kubectl apply -f app/ creates the App in the hub, and its rights on the home cluster", async () => {
    const printed = await world.hub(["apply", "-f", join(checkout.folder, "app")]);
    assert.match(printed, /app\.kappctrl\.k14s\.io\/pkg-gitops-example created/);
    assert.match(printed, /serviceaccount\/pkg-gitops-app-sa created/);
    assert.match(await world.run("get", "sa", "-n", namespace, "-o", "name"), /pkg-gitops-app-sa/);
  });

  it("everything in packaging/ is installed, in the order of the rules", async () => {
    await succeeds();
    const log = await column(".status.deploy.stdout");
    const places = [
      "create serviceaccount/pkg-gitops-pkgi-sa",
      "create packageinstall/cert-manager",
      "create packageinstall/contour",
    ].map((line) => log.indexOf(line));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      log,
    );
    assert.ok(!places.includes(-1), log);
    const installs = await world.run("get", "pkgi", "-n", namespace);
    assert.match(installs, /cert-manager +cert-manager\.community\.tanzu\.vmware\.com +1\.5\.4 +Reconcile succeeded/);
    assert.match(installs, /contour +contour\.community\.tanzu\.vmware\.com +1\.17\.1 +Reconcile succeeded/);
  });

  it("kubectl get shows kapp-controller's columns, one App, all Apps, YAML and a description", async () => {
    const header = /NAME +DESCRIPTION +SINCE-DEPLOY +AGE/;
    const one = await world.hub(["get", ...app]);
    assert.match(one, header);
    assert.match(one, /pkg-gitops-example +Reconcile succeeded +\d+s +\d+s/);
    assert.match(
      await world.hub(["get", "apps", "-A"]),
      /NAMESPACE +NAME[^\n]*\npkg-gitops +pkg-gitops-example +Reconcile succeeded/,
    );
    assert.match(await world.hub(["get", ...app, "-o", "yaml"]), /friendlyDescription: Reconcile succeeded/);
    assert.match(await world.hub(["describe", ...app]), /Friendly Description: +Reconcile succeeded/);
  });

  it("contour 1.17.1 becomes 1.17.2 by a commit", async () => {
    await checkout.edit("packaging/packageinstalls.yml", "constraints: 1.17.1", "constraints: 1.17.2");
    const { delivery } = await checkout.push("contour 1.17.2");
    assert.equal(delivery.status, 202);
    await eventually("contour 1.17.2", async () => (await constraintOf("contour")) === "1.17.2");
    await succeeds();
    await eventually("contour's own status", async () =>
      /contour +\S+ +1\.17\.2 +Reconcile succeeded/.test(await world.run("get", "pkgi/contour", "-n", namespace)),
    );
  });

  it("a push to another folder runs nothing", async () => {
    const count = await runs();
    const fetched = world.forge.fetched.requests;
    await checkout.write("docs/README.md", "How we deliver.\n");
    await checkout.push("Words only");
    await eventually("lateen to look at the commit", async () => world.forge.fetched.requests > fetched);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await runs(), count);
  });

  it("a changed value, an added label and a deleted object are repaired without a push", async () => {
    await world.run(
      "patch",
      "pkgi/contour",
      "-n",
      namespace,
      "--type=merge",
      "-p",
      '{"spec":{"packageRef":{"versionSelection":{"constraints":"0.0.1"}}}}',
    );
    await world.run("label", "pkgr/tce-repository", "-n", namespace, "by=hand");
    await world.run("delete", "pkgi/cert-manager", "-n", namespace);
    await eventually("contour", async () => (await constraintOf("contour")) === "1.17.2");
    await eventually("cert-manager", async () => (await constraintOf("cert-manager")) === "1.5.4");
    const labels = (): Promise<string> => world.run("get", "pkgr/tce-repository", "-n", namespace, "--show-labels");
    await eventually("the label", async () => !(await labels()).includes("by=hand"));
    await succeeds();
  });

  it("a commit that is no YAML changes nothing and says why", async () => {
    const objects = (): Promise<string> =>
      world.run("get", "pkgi,pkgr,sa", "-n", namespace, "-o", "jsonpath={.items[*].metadata.resourceVersion}");
    const untouched = await objects();
    const good = readFileSync(join(checkout.folder, "packaging/repo.yml"), "utf8");
    await checkout.write("packaging/repo.yml", `${good}\n  broken: [`);
    await checkout.push("Broken");
    await world.hub(["wait", ...app, "--for=condition=ReconcileFailed", "--timeout=30s"]);
    assert.match(await column(".status.usefulErrorMessage"), /repo\.yml/);
    assert.match(await world.hub(["get", ...app]), /Reconcile failed: Templating dir: Error/);
    assert.equal(await objects(), untouched);
    await checkout.write("packaging/repo.yml", good);
    await checkout.push("Repaired");
    await succeeds();
  });

  it("kubectl edit, patch, annotate and label change the App; a paused App says so", async () => {
    const editor = join(world.directory, "editor.sh");
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/^spec:/spec:\\n  paused: true/" "$1"\n', { mode: 0o755 });
    await world.hub(["edit", ...app], { env: { KUBE_EDITOR: editor } });
    await eventually("paused", async () => (await world.hub(["get", ...app])).includes("Canceled/paused"));
    const count = await runs();
    await world.hub(["annotate", ...app, "note=x"]);
    await world.hub(["label", ...app, "team=platform"]);
    assert.match(await world.hub(["get", "apps", "-A", "-l", "team=platform", "-o", "name"]), /pkg-gitops-example/);
    assert.equal(await runs(), count);
    await world.hub(["patch", ...app, "--type=merge", "-p", '{"spec":{"paused":null}}']);
    await eventually("running again", async () => (await world.hub(["get", ...app])).includes("Reconcile succeeded"));
  });

  it("kubectl get -w shows the App as it changes", async () => {
    const stop = new AbortController();
    const watching = world.hub(["get", ...app, "-w"], { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await world.hub(["patch", ...app, "--type=merge", "-p", '{"spec":{"paused":true}}']);
    await eventually("paused", async () => (await world.hub(["get", ...app])).includes("Canceled/paused"));
    await world.hub(["patch", ...app, "--type=json", "-p", '[{"op":"remove","path":"/spec/paused"}]']);
    await succeeds();
    await eventually("running again", async () => (await world.hub(["get", ...app])).includes("Reconcile succeeded"));
    stop.abort();
    assert.match(await watching, /Reconcile succeeded[\s\S]*Canceled\/paused[\s\S]*Reconcile succeeded/);
  });

  it("kubectl apply --server-side and --dry-run=server", async () => {
    const file = join(checkout.folder, "app/app.yml");
    const version = await column(".metadata.resourceVersion");
    assert.match(await world.hub(["apply", "-f", file, "--dry-run=server"]), /\(server dry run\)/);
    const other = adapted(
      world,
      "package-management-with-gitops/app/app.yml",
      "subPath: packaging",
      "subPath: elsewhere",
    );
    assert.match(
      await world.hub(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", other]),
      /serverside-applied \(server dry run\)/,
    );
    assert.equal(await column(".metadata.resourceVersion"), version);
    assert.equal(await column(".spec.fetch[0].git.subPath"), "packaging");
    assert.match(await world.hub(["apply", "--server-side", "--force-conflicts", "-f", file]), /serverside-applied/);
    await succeeds();
  });

  it("kubectl delete takes the App's resources off the run cluster before the App goes", async () => {
    await world.hub(["delete", ...app, "--timeout=60s"]);
    assert.equal(await world.hub(["get", "apps", "-A", "-o", "name"]), "");
    assert.equal(await world.run("get", "pkgi,pkgr", "-n", namespace, "-o", "name"), "");
    assert.doesNotMatch(await world.run("get", "sa", "-n", namespace, "-o", "name"), /pkg-gitops-pkgi-sa/);
    assert.equal(await world.run("get", "cm", "-n", namespace, "-l", "kapp.k14s.io/is-app", "-o", "name"), "");
  });
});

describe("GitOps Delivery with Carvel App", () => {
  const app = ["apps/hello-app-app", "-n", "build-ns"];
  let world: World;
  let checkout: Checkout;
  before(async () => {
    world = await startWorld(["ns2"]);
    checkout = await world.forge.createRepository("my-gitops");
    await checkout.copy(join(examples, "gitops-delivery-with-carvel-app/gitops-repo"), ".");
    await checkout.push("hello-app for runcluster1");
    await world.run("apply", "-f", join(examples, "gitops-delivery-with-carvel-app/run-cluster/rbac.yaml"));
  });
  after(async () => {
    await world.clean("namespace/ns2");
    await world.stop();
  });
  const column = (path: string): Promise<string> => world.hub(["get", ...app, "-o", `jsonpath={${path}}`]);
  const succeeds = (): Promise<string> =>
    world.hub(["wait", ...app, "--for=condition=ReconcileSucceeded", "--timeout=60s"]);
  const install = (path: string): Promise<string> =>
    world.run("get", "pkgi/hello-app", "-n", "ns2", "--ignore-not-found", "-o", `jsonpath={${path}}`);

  it("an App whose kubeconfig is not there yet says which Secret it misses", async () => {
    const file = adapted(
      world,
      "gitops-delivery-with-carvel-app/build-cluster/app.yaml",
      "https://github.com/mycompany/my-gitops",
      checkout.url,
    );
    await world.hub(["apply", "-f", file]);
    await world.hub(["wait", ...app, "--for=condition=ReconcileFailed", "--timeout=30s"]);
    assert.match(await column(".status.usefulErrorMessage"), /secrets "runcluster1-kubeconfig" not found/);
  });

  it("kubectl create secret --from-file=value.yaml=… starts it, with the rights of the run cluster's ServiceAccount", async () => {
    const kubeconfig = join(world.directory, "runcluster1.kubeconfig");
    const token = (await world.run("create", "token", "app-sa", "-n", "ns2")).trim();
    writeFileSync(kubeconfig, world.plane.kubeconfig.replace(/token: \S+/, `token: ${token}`), { mode: 0o600 });
    const secret = ["generic", "runcluster1-kubeconfig", "-n", "build-ns", `--from-file=value.yaml=${kubeconfig}`];
    assert.match(await world.hub(["create", "secret", ...secret]), /secret\/runcluster1-kubeconfig created/);
    await succeeds();
    assert.match(await column(".status.deploy.stderr"), /used its only kubeconfig, key 'value\.yaml'/);
  });

  it("Packages and PackageInstalls are on the run cluster", async () => {
    assert.match(await world.run("get", "packages", "-A"), /ns2 +hello-app\.dev\.tap\.20230321004057\.0\.0/);
    assert.match(
      await world.run("get", "packageinstalls", "-A"),
      /ns2 +hello-app +hello-app\.dev\.tap +20230321004057\.0\.0 +Reconcile succeeded/,
    );
    const values = await world.run(
      "get",
      "secret/hello-app-values",
      "-n",
      "ns2",
      "-o",
      "jsonpath={.data.values\\.yaml}",
    );
    assert.match(Buffer.from(values, "base64").toString(), /replicas: 2/);
    assert.doesNotMatch(
      await world.run("get", "secret/hello-app-values", "-n", "ns2", "-o", "jsonpath={.metadata.annotations}"),
      /mycompany/,
    );
  });

  it("parameters and a new version of the Package are delivered by commits", async () => {
    await checkout.edit("hello-app.dev.tap/runcluster1/params.yaml", "replicas: 2", "replicas: 3");
    await checkout.push("Three replicas");
    const values = async (): Promise<string> =>
      Buffer.from(
        await world.run("get", "secret/hello-app-values", "-n", "ns2", "-o", "jsonpath={.data.values\\.yaml}"),
        "base64",
      ).toString();
    await eventually("three replicas", async () => (await values()).includes("replicas: 3"));
    const [from, to] = ["20230321004057.0.0", "20230322004057.0.0"];
    const old = readFileSync(join(checkout.folder, `hello-app.dev.tap/packages/${from}.yaml`), "utf8");
    await checkout.write(`hello-app.dev.tap/packages/${to}.yaml`, old.replaceAll(from, to));
    await checkout.edit(
      "hello-app.dev.tap/runcluster1/packageinstall.yaml",
      `constraints: ${from}`,
      `constraints: ${to}`,
    );
    await checkout.push(`hello-app ${to}`);
    await eventually("the new version", async () => (await install(".status.version")) === to);
    await succeeds();
    assert.match(await world.run("get", "packages", "-n", "ns2", "-o", "name"), new RegExp(`${from}[\\s\\S]*${to}`));
  });

  it("deleting the App empties the run cluster's namespace of what it had brought", async () => {
    await world.hub(["delete", ...app, "--timeout=60s"]);
    assert.equal(await world.run("get", "packages,packageinstalls,secrets", "-n", "ns2", "-o", "name"), "");
  });
});
