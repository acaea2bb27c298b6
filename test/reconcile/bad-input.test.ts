/**
 * Bad input end to end (reliability.md §2): each row is an App that runs well, then gets something bad together with something good. It
 * must say what is wrong by name, apply nothing of it, lose nothing that was there, and disturb no other App.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type KubeObject, nameOf, own } from "../../src/resource/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import {
  conditionOf,
  configMap,
  deliverPush,
  gitApp,
  secret,
  startWorld,
  succeeded,
  textAt,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

interface Row {
  /** Also the name of the App and its folder. */
  readonly app: string;
  readonly title: string;
  /** What the bad commit adds to the App's folder. */
  readonly files?: Files;
  /** What the App's spec becomes. */
  readonly spec?: KubeObject;
  /** What `status.usefulErrorMessage` says. */
  readonly says: RegExp;
}

const annotated = (name: string, annotations: Readonly<Record<string, string>>): Files => ({
  "bad.yml": configMap(name, {}, annotations),
});
const yaml = (text: string): Files => ({
  "bad.yml": `kind: ConfigMap\napiVersion: v1\nmetadata: {name: bad}\n${text}`,
});
const bomb = [
  "a: &a [x, x, x, x, x, x, x, x, x, x]",
  ...["b", "c", "d", "e", "f", "g", "h"].map((key, index) => {
    const before = String.fromCharCode(97 + index);
    return `${key}: &${key} [${Array(10).fill(`*${before}`).join(", ")}]`;
  }),
].join("\n");

const yamlRows: readonly Row[] = [
  { app: "b60-bomb", title: "B60 an alias bomb", files: yaml(bomb), says: /bad\.yml[\s\S]*(?:line \d+|alias)/ },
  {
    app: "b63",
    title: "B63 an integer that no server holds",
    files: yaml("data: {n: 18446744073709551616}\n"),
    says: /bad\.yml[\s\S]*line 4[\s\S]*64 bits/,
  },
  {
    app: "b69-utf8",
    title: "B69 bytes that are no UTF-8",
    files: { "bad.yml": Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a]) },
    says: /bad\.yml[\s\S]*UTF-8/,
  },
  {
    app: "b70",
    title: "B70 more documents than allowed",
    files: { "bad.yml": "---\na: 1\n".repeat(5_100) },
    says: /5000 documents[\s\S]*bad\.yml/,
  },
  {
    app: "b71-kind",
    title: "B71 no kind",
    files: { "bad.yml": "metadata: {name: x}\n" },
    says: /'kind'[\s\S]*bad\.yml/,
  },
];

const treeRows: readonly Row[] = [
  {
    app: "b45",
    title: "B45 a link out of the repository",
    files: { "bad.yml": { link: "../../../../etc/passwd" } },
    says: /bad\.yml/,
  },
  {
    app: "b49",
    title: "B49 a git-lfs pointer",
    files: {
      "bad.yml": `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`,
    },
    says: /bad\.yml" is a git-lfs pointer/,
  },
];

const kappRows: readonly Row[] = [
  {
    app: "b98-rule",
    title: "B98 a rule that is not four words",
    files: annotated("b98-rule-bad", { "kapp.k14s.io/change-rule": "upsert after x" }),
    says: /configmap\/b98-rule-bad/,
  },
  {
    app: "b99",
    title: "B99 a cycle of rules",
    files: {
      "bad.yml": [
        configMap(
          "a",
          {},
          { "kapp.k14s.io/change-group": "a.b/a", "kapp.k14s.io/change-rule": "upsert after upserting a.b/b" },
        ),
        configMap(
          "b",
          {},
          { "kapp.k14s.io/change-group": "a.b/b", "kapp.k14s.io/change-rule": "upsert after upserting a.b/a" },
        ),
      ].join("\n---\n"),
    },
    says: /Detected cycle while ordering changes: \[configmap\/[ab]/,
  },
  {
    app: "b100",
    title: "B100 an unknown strategy",
    files: annotated("b100-bad", { "kapp.k14s.io/update-strategy": "gently" }),
    says: /gently \(hint: of configmap\/b100-bad/,
  },
  {
    app: "b101",
    title: "B101 one resource twice",
    files: { "bad.yml": configMap("bad", { v: "1" }), "worse.yml": configMap("bad", { v: "2" }) },
    says: /configmap\/bad[\s\S]*bad\.yml[\s\S]*worse\.yml/,
  },
  {
    app: "b102",
    title: "B102 a resource of another App",
    files: { "bad.yml": configMap("beside", { v: "taken" }) },
    says: /Ownership errors[\s\S]*configmap\/beside[\s\S]*different app 'beside\.app'/,
  },
  {
    app: "b105",
    title: "a kapp Config with a key that means nothing",
    files: { "bad.yml": "apiVersion: kapp.k14s.io/v1alpha1\nkind: Config\nrebaseRule: []\n" },
    says: /rebaseRule[\s\S]*bad\.yml/,
  },
  {
    app: "b103-other",
    title: "B103 a manifest that is another App's record",
    files: { "bad.yml": recordOf("beside") },
    says: /configmap\/beside\.app[\s\S]*disallowed label 'kapp\.k14s\.io\/is-app'/,
  },
  {
    app: "b106",
    title: "B106 an object that no server stores",
    files: { "bad.yml": configMap("b106-bad", { v: "x".repeat(1_600_000) }) },
    says: /configmap\/b106-bad[\s\S]*1\.5 MiB/,
  },
];

/** A forged app record: everything that lateen would believe of one. */
function recordOf(app: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `${app}.app`,
      labels: { "kapp.k14s.io/is-app": "" },
      annotations: { "lateen.dev/epoch": "99999999999999", "kapp.k14s.io/identity": "v1;ns1//ConfigMap/x;v1" },
    },
    data: { spec: '{"labelKey":"kapp.k14s.io/app","labelValue":"1"}' },
  });
}

const fetchKinds: Readonly<Record<string, KubeObject>> = { imgpkgBundle: { image: "x.invalid/image" } };
const templateKinds = ["kbld"] as const;
const inline = (paths: Readonly<Record<string, string>>, path?: string): KubeObject => ({
  inline: { paths },
  ...(path === undefined ? {} : { path }),
});
const extra = configMap("extra", {});

const specRows: readonly Row[] = [
  ...Object.entries(fetchKinds).map(([kind, body]) => ({
    app: `b59-${kind.toLowerCase()}`,
    title: `B59 fetching by ${kind}`,
    spec: { fetch: [{ [kind]: body }] },
    says: new RegExp(`spec.fetch\\[0\\].${kind} is not supported by lateen yet`),
  })),
  ...templateKinds.map((kind) => ({
    app: `b59-${kind.toLowerCase()}`,
    title: `B59 templating by ${kind}`,
    spec: { template: [{ ytt: {} }, { [kind]: {} }] },
    says: new RegExp(`spec.template\\[1\\].${kind} is not supported by lateen yet`),
  })),
  {
    app: "b58-path",
    title: "B58 an entry that leaves the fetch folder",
    spec: { fetch: [inline({ "extra.yml": extra }, "../x")] },
    says: /'\.\.\/x'/,
  },
  {
    app: "b58-from",
    title: "B58 files from a Secret that is not there",
    spec: { fetch: [{ inline: { pathsFrom: [{ secretRef: { name: "nowhere" } }] } }] },
    says: /secrets "nowhere" not found/,
  },
  { app: "b90-fetch", title: "B90 no fetch", spec: { fetch: [] }, says: /Expected at least one fetch option/ },
  { app: "b90-deploy", title: "B90 no deploy", spec: { deploy: [] }, says: /Expected exactly one deploy option/ },
  {
    app: "b90-target",
    title: "B90 no target",
    spec: { cluster: undefined },
    says: /Expected service account or cluster specified/,
  },
  {
    app: "b92-git",
    title: "B92 a Secret for git that is not there",
    spec: { fetch: [{ git: { url: "https://x.invalid/a", ref: "origin/main", secretRef: { name: "nowhere" } } }] },
    says: /secrets "nowhere" not found/,
  },
  {
    app: "b92-namespace",
    title: "B92 T13 a kubeconfig of another namespace",
    spec: { cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "foreign" } } },
    says: /secrets "foreign" not found/,
  },
  {
    app: "b85-key",
    title: "B85 a Secret without the kubeconfig's key",
    spec: { cluster: { namespace: "ns1", kubeconfigSecretRef: { name: "odd-keys", key: "config" } } },
    says: /Expected to find key 'config' in secret \(keys: token\)/,
  },
  {
    app: "b93-flag",
    title: "B93 a raw option outside of the list",
    spec: { deploy: [{ kapp: { rawOptions: ["--kubeconfig=/etc/passwd"] } }] },
    says: /--kubeconfig/,
  },
  {
    app: "b13",
    title: "B13 another scheme",
    spec: { fetch: [{ git: { url: "ext::sh -c id", ref: "origin/main" } }] },
    says: /ext::sh|blank at position/,
  },
  {
    app: "b18",
    title: "B18 the cloud's metadata address",
    spec: { fetch: [{ git: { url: "http://2852039166/latest", ref: "origin/main" } }] },
    says: /169\.254\.169\.254 is a metadata address/,
  },
  {
    app: "b24",
    title: "B24 a ref that is not there",
    spec: { ref: "origin/mian" },
    says: /mian/,
  },
  {
    app: "b46",
    title: "B46 a subPath that is not there",
    spec: { subPath: "nowhere" },
    says: /'nowhere' \(subpath\) to exist/,
  },
];

const kubeconfigRows: readonly {
  readonly app: string;
  readonly title: string;
  readonly change: (good: string) => string;
  readonly says: RegExp;
}[] = [
  { app: "b84-exec", title: "B84 T12 exec", change: withUser("exec: {command: sh}"), says: /exec/ },
  { app: "b85-empty", title: "B85 an empty kubeconfig", change: () => "", says: /kubeconfig is empty|keys: /i },
  { app: "b85-yaml", title: "B85 no YAML", change: () => "clusters: [", says: /not YAML/ },
  {
    app: "b86",
    title: "B86 a server in the cloud's metadata",
    change: (good) => good.replace(/server: .*/, "server: https://169.254.169.254"),
    says: /169\.254\.169\.254/,
  },
  {
    app: "b87",
    title: "B87 no check of the certificate",
    change: (good) => good.replace(/certificate-authority-data: .*/, "insecure-skip-tls-verify: true"),
    says: /insecure-skip-tls-verify/,
  },
];

function withUser(user: string): (good: string) => string {
  return (good) => good.replace(/user:\n\s+token: .*/, `user:\n      ${user}`);
}

const rows: readonly Row[] = [
  ...yamlRows,
  ...treeRows,
  ...kappRows,
  ...specRows,
  ...kubeconfigRows.map(({ app, title, says }) => ({
    app,
    title,
    says,
    spec: { cluster: { namespace: "ns1", kubeconfigSecretRef: { name: app } } },
  })),
  { app: "b81", title: "B81 nothing to deploy", says: /Trying to apply empty set of resources/ },
];

describe("bad input of one App", { skip }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.repository.commitFiles(goodFiles());
    await world.apply(secret("odd-keys", { token: "x".repeat(20) }));
    await world.apply({
      ...secret("foreign", { value: world.sandbox.kubeconfig }),
      metadata: { name: "foreign", namespace: "ns2" },
    });
    for (const { app, change } of kubeconfigRows)
      await world.apply(secret(app, { value: change(world.sandbox.kubeconfig) }));
    for (const app of ["beside", ...rows.map(({ app }) => app)]) await world.apply(appOf(app));
    for (const app of ["beside", ...rows.map(({ app }) => app)]) await world.until(app, succeeded(1));
    world.sandbox.requests.clear();
    const commit = await world.repository.commitFiles(badFiles());
    await deliverPush(world, commit);
    for (const { app, spec } of rows) if (spec !== undefined) await world.apply(appOf(app, spec));
    // A row that never fails is told by its own test.
    for (const { app } of rows)
      await world.until(app, (status) => conditionOf(status) === "ReconcileFailed").catch(() => undefined);
  });
  after(() => world.stop());

  for (const { app, title, says } of rows) {
    it(`${title} is told by name`, async () => {
      const status = await world.lateen.hub.apps.get("ns1", app).then((object) => own(object, "status"));
      assert.equal(conditionOf(status), "ReconcileFailed", JSON.stringify(status));
      assert.match(textAt(status, "usefulErrorMessage"), says);
    });
  }

  it("none of it has written anything", () => {
    const written = world.sandbox.requests.all().filter(({ method }) => method !== "GET");
    assert.deepEqual(
      written.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it("nothing is lost: what was deployed before is there", async () => {
    const { types } = await world.cluster.discover();
    const type = types.find(({ kind }) => kind === "ConfigMap");
    assert.ok(type !== undefined);
    const names = new Set((await world.cluster.list(type, { namespace: "ns1" })).map(nameOf));
    assert.deepEqual(
      rows.map(({ app }) => app).filter((app) => !names.has(`${app}-keep`)),
      [],
    );
  });

  it("another App goes on", async () => {
    const commit = await world.repository.commitFiles({
      ...badFiles(),
      "beside/keep.yml": configMap("beside", { v: "2" }),
    });
    await deliverPush(world, commit);
    await world.until("beside", succeeded(2));
    assert.equal(textAt(await world.live("ConfigMap", "beside"), "data", "v"), "2");
  });

  it("all of them succeed again once it is gone", async () => {
    const commit = await world.repository.commitFiles(goodFiles());
    await deliverPush(world, commit);
    for (const { app, spec } of rows) if (spec !== undefined) await world.apply(appOf(app));
    for (const { app } of rows) await world.until(app, succeeded(1));
  });

  function appOf(app: string, spec: KubeObject = {}): KubeObject {
    const { ref, subPath, ...rest } = spec;
    const whole = gitApp(app, world.repository, typeof subPath === "string" ? subPath : app, rest);
    if (typeof ref !== "string") return whole;
    return {
      ...whole,
      spec: { ...(whole["spec"] as KubeObject), fetch: [{ git: { url: world.repository.url, ref, subPath: app } }] },
    };
  }
});

function goodFiles(): Files {
  const files: Record<string, Files[string]> = { "beside/keep.yml": configMap("beside", { v: "1" }) };
  for (const { app } of rows) files[`${app}/keep.yml`] = configMap(`${app}-keep`, {});
  return files;
}

function badFiles(): Files {
  const files: Record<string, Files[string]> = { ...goodFiles() };
  for (const { app, files: bad } of rows) {
    if (bad !== undefined) files[`${app}/a-good.yml`] = configMap(`${app}-extra`, {});
    for (const [path, content] of Object.entries(bad ?? {})) files[`${app}/${path}`] = content;
  }
  files["b81/keep.yml"] = "# nothing here\n";
  return files;
}
