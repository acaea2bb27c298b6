import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { parse, stringify } from "yaml";
import { type Sandbox, startSandbox } from "../../src/sandbox/index.ts";
import { kapp as run, type KappResult, type KappSettings } from "./support/run-kapp.ts";

let cluster: Sandbox;
const folder = mkdtempSync(join(tmpdir(), "lateen-kapp-"));

before(async () => {
  cluster = await startSandbox();
});
after(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

function kapp(args: readonly string[], settings: KappSettings = {}): Promise<KappResult> {
  const environment = { KAPP_KUBECONFIG_YAML: cluster.kubeconfig, ...settings.environment };
  return run(args, { cwd: folder, ...settings, environment });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return name;
}

const configMap = (name: string, value = "1"): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {k: "${value}"}\n`;
const secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: sealed}\nstringData: {password: correct-horse}\n";
const deployment = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
`;
/** The cells of a row for a new resource in JSON, but for its kind and name. */
const created = {
  age: "",
  namespace: "default",
  op: "create",
  op_strategy: "",
  reconcile_info: "",
  reconcile_state: "",
  wait_to: "reconcile",
};
/** Without the blanks at the ends of lines. */
const trimmed = (text: string): string => text.replace(/ +$/gm, "");

describe("kapp deploy", () => {
  it("shows, asks, applies and waits, and changes nothing when told no", async () => {
    const args = ["deploy", "-a", "asked", "-f", file("asked.yml", configMap("asked-a"))];
    const stopped = await kapp(args, { answers: ["what", "n"] });
    assert.equal(stopped.code, 1);
    assert.equal(stopped.err, "kapp: Error: Stopped\n");
    const shown = `Target cluster '${cluster.server}'

Changes

Namespace  Name     Kind       Age  Op      Op st.  Wait to    Rs  Ri
default    asked-a  ConfigMap  -    create  -       reconcile  -   -

Op:      1 create, 0 delete, 0 update, 0 noop, 0 exists
Wait to: 1 reconcile, 0 delete, 0 noop

Continue? [yN]:`;
    assert.equal(trimmed(stopped.out), `${shown} invalid input (not y, n, yes, or no)\nContinue? [yN]:\n`);
    const none = await kapp(["ls"]);
    assert.doesNotMatch(none.out, /asked/);
    const { code, out } = await kapp(args, { answers: ["y"] });
    assert.equal(code, 0);
    assert.match(
      out,
      /Continue\? \[yN\]: \n\d+:\d\d:\d\d[AP]M: ---- applying 1 changes \[0\/1 done\] ----\n\d.*: create configmap\/asked-a \(v1\) namespace: default\n[^]*: ---- waiting complete \[1\/1 done\] ----\n\nSucceeded\n$/,
    );
  });

  it("needs an answer", async () => {
    const { code, err } = await kapp(["deploy", "-a", "eof", "-f", file("eof.yml", configMap("eof"))]);
    assert.deepEqual([code, err], [1, "kapp: Error: Asking for confirmation:\n  EOF\n"]);
    const json = await kapp(["deploy", "-a", "eof", "-f", "eof.yml", "--json"]);
    assert.equal(json.code, 1);
    assert.match(json.out, /"kapp: Error: Asking for confirmation: not with --json \(hint: add --yes\)"/);
  });

  it("reads folders, files, standard input and the same flags in other spellings", async () => {
    file("mixed/b/two.yaml", configMap("mixed-two"));
    file("mixed/one.json", JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mixed-one" } }));
    file("mixed/readme.md", "no YAML: {");
    const { code, out, err } = await kapp(["--yes", "dep", "-amixed", "-fmixed", "--file=-", "-cp", "--tty=false"], {
      stdin: `# empty\n${configMap("mixed-three")}`,
    });
    assert.deepEqual([code, err], [0, ""]);
    for (const name of ["one", "two", "three"])
      assert.match(out, new RegExp(`^default *\\tmixed-${name} *\\tConfigMap`, "m"));
    assert.doesNotMatch(out, /Target cluster|Changes|applying|Succeeded/);
  });

  it("tells by its exit code whether there are changes", async () => {
    const args = ["deploy", "-a", "codes", "-y", "-f", file("codes.yml", configMap("codes-a"))];
    const pending = await kapp([...args, "--diff-run", "--diff-exit-status"]);
    assert.deepEqual(
      [pending.code, pending.err],
      [3, "kapp: Error: Exiting after diffing with pending changes (exit status 3)\n"],
    );
    const some = await kapp([...args, "--apply-exit-status"]);
    assert.equal(some.code, 3, some.err);
    const none = await kapp([...args, "--apply-exit-status"]);
    assert.deepEqual(
      [none.code, none.err],
      [2, "kapp: Error: Exiting after applying with no changes (exit status 2)\n"],
    );
  });

  it("writes the app's record into a file", async () => {
    const args = ["deploy", "-a", "meta", "-y", "-f", file("meta.yml", configMap("meta-a"))];
    assert.equal((await kapp([...args, "--app-metadata-file-output", "meta.json"])).code, 0);
    const metadata = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8")) as Record<string, unknown>;
    assert.equal(metadata["labelKey"], "kapp.k14s.io/app");
    assert.deepEqual(metadata["usedGKs"], [{ Group: "", Kind: "ConfigMap" }]);
  });

  it("gives programs everything as JSON", async () => {
    const text = `${configMap("json-a")}${deployment.replaceAll("web", "json-web")}`;
    const { code, out, err } = await kapp(["deploy", "-a", "json", "-y", "--json", "-f", file("json.yml", text)]);
    assert.deepEqual([code, err], [0, ""]);
    const { Tables, Blocks, Lines } = JSON.parse(out) as Record<string, readonly Record<string, unknown>[]>;
    assert.equal(Blocks, null);
    assert.deepEqual(Tables?.[0]?.["Rows"], [
      { kind: "ConfigMap", name: "json-a", ...created },
      { kind: "Deployment", name: "json-web", ...created },
    ]);
    assert.match(String(Lines?.[0]), /^Target cluster '/);
    for (const line of Lines?.slice(1, -1) ?? []) assert.match(String(line), /^\d+:\d\d:\d\d[AP]M: [^\n]+\n$/);
    assert.equal(Lines?.at(-1), "Succeeded");
  });

  it("shows differences and YAML without secret values", async () => {
    const args = ["deploy", "-a", "shown", "-y", "-c", "--diff-changes-yaml", "-f", file("shown.yml", secret)];
    const { code, out } = await kapp(args, { isTty: true, hasColours: true });
    assert.equal(code, 0);
    assert.doesNotMatch(out, /correct-horse|Y29ycmVjdC1ob3JzZQ/);
    const plain = stripVTControlCharacters(out);
    assert.match(plain, /\n---\n# create: secret\/sealed \(v1\) namespace: default\napiVersion: v1\n/);
    assert.match(plain, /\n@@ create secret\/sealed \(v1\) namespace: default @@\n {6}0 \+ apiVersion: v1\n/);
    assert.ok(out.includes("\u001b[32m      0 + apiVersion: v1\u001b[39m"), "colours");
    const without = await kapp([...args, "--color=false"], { isTty: true, hasColours: true });
    assert.equal(stripVTControlCharacters(without.out), without.out);
  });

  it("keeps control characters of the cluster from the terminal", async () => {
    const hostile = `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: hostile-a}\ndata: {k: "a\\u009b31m\\u202eb"}\n`;
    const { code, out } = await kapp(["deploy", "-a", "hostile", "-y", "-c", "-f", file("hostile.yml", hostile)]);
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /[\u0080-\u009f\u202e]/);
    const { out: json } = await kapp(["inspect", "-a", "hostile", "--raw", "--json"]);
    assert.doesNotMatch(json, /[\u0080-\u009f\u202e]/);
    const { out: line } = await kapp(["delete", "-a", "tabs\tstay\u202e", "-y"]);
    assert.match(line, /^App 'tabs\tstay\\u202e' \(namespace: default\) does not exist$/m);
  });

  it("passes the server's warnings on, unless told otherwise", async () => {
    const text = configMap("warned-a, colour: red");
    const told = await kapp(["deploy", "-a", "warned", "-y", "-f", file("warned.yml", text)]);
    assert.match(told.out, /^Warning: unknown field "metadata\.colour"$/m);
    await kapp(["delete", "-a", "warned", "-y"]);
    const silent = await kapp(["deploy", "-a", "warned", "-y", "-f", "warned.yml", "--warnings=false"]);
    assert.equal(silent.code, 0, silent.err);
    assert.doesNotMatch(silent.out + silent.err, /Warning/);
  });

  it("ends between two calls when it is interrupted, and goes on from there", async () => {
    const interrupt = new AbortController();
    const args = ["deploy", "-a", "cut", "-y", "-f", file("cut.yml", `${configMap("cut-a")}${deployment}`)];
    const cut = await kapp(args, {
      signal: interrupt.signal,
      onOut: (out) => out.includes("ongoing: reconcile deployment/web") && interrupt.abort(new Error("by hand")),
    });
    assert.equal(cut.code, 130);
    assert.match(cut.err, /^kapp: Error: Interrupted/);
    const again = await kapp(args);
    assert.equal(again.code, 0, again.err);
    assert.doesNotMatch(again.out, /create configmap/);
  });

  it("keeps to the places that are allowed", async () => {
    const outside = `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: other}\n`;
    const args = ["deploy", "-a", "placed", "-y", "-f", file("placed.yml", outside), "--allow-check"];
    const refused = await kapp([...args, "--allow-ns=some,more"]);
    assert.equal(refused.code, 1);
    assert.equal(
      refused.err,
      "kapp: Error: Validation errors:\n- Resource 'configmap/x (v1) namespace: other' is outside of allowed namespaces (file 'placed.yml' doc 1)\n",
    );
    assert.match(refused.out, /1 create/, "the changes are shown first");
    assert.equal((await kapp([...args, "--allow-all-ns", "--diff-run"])).code, 0);
  });

  it("ends a resource that takes too long", async () => {
    const rule = `---
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
waitRules:
- resourceMatchers: [{apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}}]
  conditionMatchers: [{type: Ready, status: "True", success: true}]
`;
    const { code, err } = await kapp([
      ...["deploy", "-a", "late", "-y", "-f", file("never.yml", `${configMap("never")}${rule}`)],
      ...["--wait-resource-timeout=50ms", "--wait-check-interval=100ms", "--wait-timeout=20s"],
    ]);
    assert.equal(code, 1);
    assert.match(
      err,
      /waiting on reconcile configmap\/never \(v1\) namespace: default:\s+Errored:\s+Resource timed out waiting after 50ms/,
    );
  });
});

describe("kapp's looks at apps", () => {
  before(async () => {
    const text = `${configMap("look-a")}${deployment.replaceAll("web", "look")}${secret.replaceAll("sealed", "look-s")}`;
    const { code, err } = await kapp(["deploy", "-a", "look", "-y", "-f", file("look.yml", text)]);
    assert.equal(code, 0, err);
    assert.equal(
      (await kapp(["deploy", "-a", "elsewhere", "-n", "kube-system", "-y", "-f", file("e.yml", configMap("e"))])).code,
      0,
    );
  });

  it("list the apps of a namespace, and of all", async () => {
    const one = await kapp(["ls", "--tty"]);
    assert.match(trimmed(one.out), /\nApps in namespace 'default'\n\nName +Namespaces +Lcs +Lca\n/);
    assert.match(
      trimmed(one.out),
      /\nlook +default +true +\d+s\n[^]*\nLcs: Last Change Successful\nLca: Last Change Age\n\n\d+ apps\n\nSucceeded\n$/,
    );
    assert.doesNotMatch(one.out, /elsewhere/);
    const all = await kapp(["l", "-A", "--json"]);
    const { Tables } = JSON.parse(all.out) as { Tables: readonly { Rows: readonly Record<string, string>[] }[] };
    const row = Tables[0]?.Rows.find(({ name }) => name === "elsewhere");
    assert.deepEqual(
      { ...row, last_change_age: "" },
      {
        last_change_age: "",
        last_change_successful: "true",
        name: "elsewhere",
        namespace: "kube-system",
        namespaces: "kube-system",
      },
    );
    const labelled = await kapp(["ls", "--filter-labels", "team=none", "--tty"]);
    assert.match(labelled.out, /\n0 apps\n/);
    assert.match((await kapp(["ls", "--filter-labels", "team"])).err, /Expected label to be in 'key=val' format/);
    assert.doesNotMatch((await kapp(["ls", "--filter-age", "1h+", "--tty"])).out, /look/);
  });

  it("take the namespace of the environment", async () => {
    const { out } = await kapp(["ls", "--tty"], { environment: { KAPP_NAMESPACE: "kube-system" } });
    assert.match(out, /Apps in namespace 'kube-system'[^]*elsewhere/);
  });

  it("inspect as a table, a tree, statuses and YAML", async () => {
    const table = await kapp(["inspect", "-a", "look", "--tty"]);
    assert.match(table.out, /\nResources in app 'look'\n\nNamespace +Name +Kind +Owner +Rs +Ri +Age/);
    assert.match(table.out, /\nRs: Reconcile state\nRi: Reconcile information\n\n\d+ resources\n\nSucceeded\n$/);
    const tree = await kapp(["i", "-a", "look", "-t", "--tty", "--column=name,kind"]);
    assert.match(trimmed(tree.out), /\nlook +Deployment\n L look-\S+ +ReplicaSet\n L\.\. look-\S+ +Pod\n/);
    const status = await kapp(["inspect", "-a", "look", "--status", "--tty", "--filter-kind=Deployment"]);
    assert.match(
      trimmed(status.out),
      /\nNamespace  default\nName       look\nKind       Deployment\nStatus     availableReplicas: 1\n {11}\S/,
    );
    const raw = await kapp(["inspect", "-a", "look", "--raw"]);
    assert.deepEqual([raw.code, raw.err], [0, ""]);
    assert.match(raw.out, /^---\napiVersion: /);
    assert.match(raw.out, /password: <-- value not shown/);
    assert.doesNotMatch(raw.out, /Y29ycmVjdC1ob3JzZQ|managedFields|kapp\.k14s\.io\/original:/);
  });

  it("list the changes of an app", async () => {
    const { out } = await kapp(["app-change", "ls", "-a", "look", "--tty"]);
    assert.match(
      trimmed(out),
      /\nApp changes\n\nName +Started At +Finished At +Successful +Description\nlook-change-\w+ +\S+Z +\S+Z +true +update: Op: 3 create, 0 delete, 0 update, 0 noop, 0 exists \/ Wait to: 3 reconcile, 0 delete, 0 noop\n\n1 app changes\n/,
    );
    assert.match((await kapp(["ac", "l", "-a", "look", "--after", "2999-01-01", "--tty"])).out, /\n0 app changes\n/);
    assert.match((await kapp(["ac", "ls", "-a", "look", "--before", "soon"])).err, /unrecognized time format soon/);
  });

  it("say where an app is that is not here", async () => {
    const { code, err } = await kapp(["inspect", "-a", "elsewhere"]);
    assert.equal(code, 1);
    assert.match(
      err,
      /^kapp: Error: App 'elsewhere' \(namespace: default\) does not exist \(hint: found app 'elsewhere' in other namespaces: kube-system\)$/m,
    );
    const gone = await kapp(["delete", "-a", "elsewhere", "-y"]);
    assert.equal(gone.code, 0);
    assert.match(gone.out, /App 'elsewhere' \(namespace: default\) does not exist/);
  });

  it("delete the app", async () => {
    const { code, out } = await kapp(["delete", "-a", "look", "--apply-exit-status", "-y"]);
    assert.equal(code, 3);
    assert.match(out, /delete deployment\/look \(apps\/v1\) namespace: default/);
    assert.equal((await kapp(["delete", "-a", "look", "-y"])).code, 0);
  });
});

describe("kapp's command line", () => {
  const wrong: { readonly args: readonly string[]; readonly want: RegExp }[] = [
    { args: [], want: /no command was given/ },
    { args: ["deplyo"], want: /unknown command "deplyo" for "kapp"/ },
    {
      args: ["rename"],
      want: /lateen has no command 'kapp rename' \(hint: deploy under the new name with --prev-app\)/,
    },
    { args: ["deploy", "extra"], want: /command 'kapp deploy' does not accept extra arguments 'extra'/ },
    { args: ["deploy", "--nope"], want: /unknown flag: --nope/ },
    { args: ["deploy", "-z"], want: /unknown shorthand flag: 'z' in -z/ },
    { args: ["deploy", "-a"], want: /flag needs an argument: -a/ },
    { args: ["deploy", "-f", "x"], want: /Expected app name to be non-empty/ },
    { args: ["deploy", "-a", "x"], want: /Expected at least one --file \(-f\) specified/ },
    { args: ["deploy", "-a", "label:x=y", "-f", "x"], want: /apps by label have no record/ },
    { args: ["deploy", "-a", "x", "-f", "https://example.com/x.yml"], want: /addresses are not supported/ },
    { args: ["deploy", "-a", "x", "-f", "git@example.com:x/y.git"], want: /addresses are not supported/ },
    { args: ["deploy", "-a", "x", "-f", "nothing.yml"], want: /Error: stat nothing\.yml: no such file or directory/ },
    {
      args: ["deploy", "-a", "x", "-f", "x", "--preflight=Horoscope"],
      want: /invalid argument "Horoscope" for "--preflight" flag: unknown preflight check "Horoscope" specified/,
    },
    { args: ["deploy", "-a", "x", "-f", "x", "--diff-mask=false"], want: /--diff-mask=false .*is not supported/ },
    { args: ["deploy", "-a", "x", "--wait=maybe"], want: /invalid argument "maybe" for "--wait" flag/ },
    {
      args: ["deploy", "-a", "x", "--wait-timeout=5"],
      want: /invalid argument "5" for "--wait-timeout" flag: time: missing unit/,
    },
    { args: ["deploy", "-a", "x", '--diff-filter={"oops":[]}'], want: /diff-filter\.oops: unknown key/ },
    { args: ["delete", "-a", "x", "--labels=a=b"], want: /unknown flag: --labels/ },
    { args: ["logs", "-a", "x", "--lines=0"], want: /Expected --lines to be greater than zero/ },
    { args: ["ls", "--kube-api-qps=none"], want: /invalid argument "none" for "--kube-api-qps" flag/ },
  ];
  it("refuses what it has not, and says what to do", async () => {
    const { err } = await kapp(["deploy", "-a", "x", "-f", "x", "--diff-ui-alpha"]);
    assert.equal(err, "kapp: Error: --diff-ui-alpha is not supported (hint: use --diff-changes)\n");
  });

  for (const { args, want } of wrong) {
    it(`refuses ${args.join(" ") || "nothing"}`, async () => {
      const { code, err } = await kapp(args);
      assert.equal(code, 1);
      assert.match(err, /^kapp: Error: /);
      assert.match(err, want);
    });
  }
});

describe("a person's own kubeconfig", () => {
  interface Config {
    clusters: { name: string; cluster: Record<string, unknown> }[];
    users: { name: string; user: Record<string, unknown> }[];
    contexts: { name: string; context: Record<string, unknown> }[];
    "current-context": string;
  }
  const config = (): Config => parse(cluster.kubeconfig) as Config;
  const outcome = async (
    environment: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): Promise<string> => {
    const { code, out, err } = await run(["ls", "--tty", ...args], { environment, cwd: folder });
    return code === 0 ? (/Apps in namespace '(.*)'/.exec(out)?.[1] ?? "") : err;
  };

  it("may keep its certificates and tokens in files beside it", async () => {
    const own = config();
    const { "certificate-authority-data": ca, ...rest } = own.clusters[0]?.cluster ?? {};
    file("conf/ca.pem", Buffer.from(String(ca), "base64").toString("utf8"));
    file("conf/token", `${cluster.token}\n`);
    own.clusters[0] = { name: own.clusters[0]?.name ?? "", cluster: { ...rest, "certificate-authority": "ca.pem" } };
    own.users[0] = { name: own.users[0]?.name ?? "", user: { tokenFile: "token" } };
    file("conf/config", stringify(own));
    assert.equal(await outcome({}, "--kubeconfig", "conf/config"), "default");
    assert.equal(await outcome({ KAPP_KUBECONFIG: join(folder, "conf/config") }), "default");
    rmSync(join(folder, "conf/ca.pem"));
    assert.match(
      await outcome({}, "--kubeconfig", "conf/config"),
      /certificate-authority \S+ca\.pem cannot be read \(ENOENT\)/,
    );
  });

  it("is found in the home folder, and put together from the files of KUBECONFIG", async () => {
    file("home/.kube/config", cluster.kubeconfig);
    assert.equal(await outcome({ HOME: join(folder, "home") }), "default");
    const { clusters, users, contexts, ...rest } = config();
    const named = { ...contexts[0], name: "named", context: { ...contexts[0]?.context, namespace: "kube-public" } };
    file("parts/one", stringify({ ...rest, contexts: [...contexts, named], clusters }));
    file("parts/two", stringify({ users, contexts: [] }));
    const KUBECONFIG = ["parts/one", "parts/missing", "parts/two"].map((part) => join(folder, part)).join(":");
    assert.equal(await outcome({ KUBECONFIG }), "default");
    assert.equal(await outcome({ KUBECONFIG, KAPP_KUBECONFIG_CONTEXT: "named" }), "kube-public");
    assert.match(
      await outcome({ KUBECONFIG }, "--kubeconfig-context=nope"),
      /"nope", which is not in contexts; present: "[^"]+", "named"/,
    );
  });

  it("may name the address of the cluster that lateen runs in", async () => {
    const { host, hostname, port } = new URL(cluster.server);
    const text = cluster.kubeconfig.replaceAll(host, "${KAPP_KUBERNETES_SERVICE_HOST_PORT}");
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    assert.equal(await outcome(environment, "--kubeconfig-yaml", text), "default");
  });

  it("is that of a Pod where there is none", async () => {
    const { "certificate-authority-data": ca, server } = config().clusters[0]?.cluster ?? {};
    file("pod/ca.crt", Buffer.from(String(ca), "base64").toString("utf8"));
    file("pod/token", `${cluster.token}\n`);
    file("pod/namespace", "kube-public\n");
    const { hostname, port } = new URL(String(server));
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const { code, out, err } = await run(["ls", "--tty"], { environment, serviceAccountFolder: join(folder, "pod") });
    assert.equal(code, 0, err);
    assert.match(out, /Apps in namespace 'kube-public'/);
    assert.match(await outcome(environment), /no kubeconfig was found/);
  });

  describe("may name a program that logs in", () => {
    /** The program writes what it was told into `told.json`, counts its runs, and prints its argument. */
    const program = (): string =>
      file(
        "conf/login.mjs",
        `import { appendFileSync, writeFileSync } from "node:fs";
const { NAME, KUBERNETES_EXEC_INFO } = process.env;
appendFileSync(new URL("runs", import.meta.url), "x");
writeFileSync(new URL("told.json", import.meta.url), JSON.stringify({ NAME, info: JSON.parse(KUBERNETES_EXEC_INFO) }));
console.log(process.argv[2]);
process.exitCode = Number(process.argv[3] ?? 0);
`,
      );
    const runs = (): number => readFileSync(join(folder, "conf/runs"), "utf8").length;
    const apiVersion = "client.authentication.k8s.io/v1";
    const answer = (status: object, version = apiVersion): string =>
      JSON.stringify({ apiVersion: version, kind: "ExecCredential", status });
    const login = async (args: readonly string[], more: Record<string, unknown> = {}): Promise<string> => {
      program();
      rmSync(join(folder, "conf/runs"), { force: true });
      const own = config();
      const exec = {
        apiVersion,
        command: process.execPath,
        args: [join(folder, "conf/login.mjs"), ...args],
        interactiveMode: "Never",
        ...more,
      };
      own.users[0] = { name: own.users[0]?.name ?? "", user: { exec } };
      file("conf/exec", stringify(own));
      return outcome({ PATH: process.env["PATH"] ?? "" }, "--kubeconfig", "conf/exec");
    };

    it("with a token, once while it lasts", async () => {
      const env = [{ name: "NAME", value: "value" }];
      const status = { token: cluster.token, expirationTimestamp: "2999-01-01T00:00:00Z" };
      assert.equal(await login([answer(status)], { env, provideClusterInfo: true }), "default");
      assert.equal(runs(), 1);
      const told = JSON.parse(readFileSync(join(folder, "conf/told.json"), "utf8")) as {
        NAME: string;
        info: { spec: { interactive: boolean; cluster: { server: string } } };
      };
      assert.equal(told.NAME, "value");
      assert.equal(told.info.spec.interactive, false);
      assert.equal(told.info.spec.cluster.server, cluster.server);
    });

    it("again when the server refuses the token", async () => {
      assert.match(await login([answer({ token: "worn-out" })]), /Unauthorized|unauthorized|401/);
      assert.ok(runs() > 1, `${runs()} runs`);
    });

    const refused = [
      { name: "that fails", args: [answer({ token: "s3cret" }), "3"], says: /failed with exit code 3/ },
      { name: "whose answer is no JSON", args: ["s3cret"], says: /the answer of \S+ is not JSON/ },
      {
        name: "of another version",
        args: [answer({ token: "s3cret" }, "client.authentication.k8s.io/v1beta1")],
        says: /another apiVersion/,
      },
      { name: "that gives nothing", args: [answer({})], says: /neither a token nor a certificate/ },
      { name: "of an unknown version", args: [], more: { apiVersion: "v1" }, says: /invalid apiVersion "v1"/ },
      { name: "that has to ask", args: [], more: { interactiveMode: "Always" }, says: /has to ask/ },
      {
        name: "that is not there",
        args: [],
        more: { command: "./none", installHint: "Get it from the shop." },
        says: /executable \.\/none not found\n\n.*Get it from the shop\./s,
      },
    ];
    for (const { name, args, more, says } of refused) {
      it(`but not one ${name}`, async () => {
        const said = await login(args, more);
        assert.match(said, /getting credentials: exec/);
        assert.match(said, says);
        assert.doesNotMatch(said, /s3cret/);
      });
    }
  });

  it("must be there", async () => {
    assert.match(await outcome({}), /no kubeconfig was found/);
    assert.match(await outcome({}, "--kubeconfig=conf/none"), /stat conf\/none: no such file or directory/);
  });
});
