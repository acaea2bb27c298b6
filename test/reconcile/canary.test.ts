/**
 * Canary secrets: values that stand in every place where a secret may stand, and are then looked for in everything that lateen says or
 * keeps outside of the secrets manager. Each has a core of letters and digits, which survives URL, JSON and YAML escapes; base64 is looked
 * for at all three alignments.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { KubeObject } from "../../src/resource/index.ts";
import { type FaultServer, startFaultServer } from "../cluster/fault-server.ts";
import { cli } from "../cli/support/run-cli.ts";
import { type GitServer, hasGitHttpBackend, type ServedRepository, startGitServer } from "../support/git-server.ts";
import {
  conditionOf,
  eventually,
  gitApp,
  secret,
  startWorld,
  succeeded,
  textAt,
  tickAgain,
  webhookSecret,
  type World,
} from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";
const pem = (name: string): string => readFileSync(new URL(`../git/fixtures/${name}.pem`, import.meta.url), "utf8");

/** What makes a value hard to find again once it was escaped. */
const awkward = `"\\/+ä%&='`;
const canary = {
  gitPassword: `cnyGitPassword4711${awkward}`,
  wrongGitPassword: `cnyWrongGitPassword4712${awkward}`,
  urlPassword: "cnyUrlPassword4713",
  data: `cnySecretData4714${awkward}`,
  newData: `cnyNewSecretData4715${awkward}`,
  stringData: `cnyStringData4716${awkward}`,
  newStringData: `cnyNewStringData4717${awkward}`,
  inlineSecretManifest: `cnyInlineManifest4718${awkward}`,
  inlineValue: `cnyInlineValue4719${awkward}`,
  newInlineValue: `cnyNewInlineValue4720${awkward}`,
  refusedData: `cnyRefusedData4721${awkward}`,
  refusedNested: "cnyRefusedNested4722",
  besideBadYaml: "cnyBesideBadYaml4723",
  wrongToken: "cnyWrongToken4724",
  brokenKubeconfig: "cnyBrokenKubeconfig4725",
  execArgument: "cnyExecArgument4726",
  badClientKey: "cnyBadClientKey4727",
  hubSecret: `cnyHubSecret4728${awkward}`,
  lastApplied: "cnyLastApplied4729",
  malformedBody: "cnyMalformedBody4730",
  mistypedBody: "cnyMistypedBody4731",
  bogusToken: "cnyBogusToken4732cnyBogusToken4732",
  queryToken: "cnyQueryToken4733",
  manifest: `cnyManifest4734${awkward}`,
  brokenManifest: "cnyBrokenManifest4735",
  refusedManifest: "cnyRefusedManifest4736",
  echoedToken: "cnyEchoedToken4737",
} as const;
/** Stands in the text of an App, which the hub keeps and shows as it is. */
const keptInSpec: readonly string[] = [canary.urlPassword];

interface Sink {
  readonly name: string;
  readonly text: string;
}

describe("T14 T15 T27 B16 B110 B124: no secret in anything that is said or kept", { skip }, () => {
  const sinks: Sink[] = [];
  const printed: string[] = [];
  let world: World;
  let server: GitServer;
  let echo: FaultServer;
  let repository: ServedRepository;
  const restore: (() => void)[] = [];

  before(async () => {
    const authorities = getCACertificates("default");
    setDefaultCACertificates([...authorities, pem("authority")]);
    restore.push(() => setDefaultCACertificates(authorities), captureOutput(printed));
    const appsDir = await mkdtemp(join(tmpdir(), "lateen-canary-"));
    restore.push(() => rmSync(appsDir, { recursive: true }));
    for (const [name, text] of Object.entries(manifests())) await writeFile(join(appsDir, name), text);
    echo = await startFaultServer(({ headers: { authorization = "" } }) => {
      const message = `refused: ${authorization}, ${Buffer.from(authorization).toString("base64")}`;
      return { status: 403, body: { kind: "Status", apiVersion: "v1", status: "Failure", reason: message, message } };
    });
    restore.push(() => void echo.stop());
    world = await startWorld({ flags: { appsDir } });
    server = await startGitServer({
      tls: { key: pem("server-key"), cert: pem("server") },
      auth: { username: "ada", password: canary.gitPassword },
    });
    repository = await server.createRepository("shop");
  });
  after(async () => {
    for (const undo of restore) undo();
    await server.close();
    await world.stop();
  });

  it("Apps that succeed, change and are planned", async () => {
    await repository.commitFiles(goodFiles(canary.data, canary.stringData));
    await world.apply(secret("git", { username: "ada", password: canary.gitPassword }));
    await world.apply(secret("files", inlineFiles(canary.inlineValue)));
    await world.apply(goodApp("good"));
    await world.apply(
      appOf("url", {
        fetch: [{ git: { url: withCredentials(canary.urlPassword), ref: "origin/main", subPath: "plain" } }],
      }),
    );
    await world.until("good", succeeded(1));
    await world.until("url", failed);
    await repository.commitFiles(goodFiles(canary.newData, canary.newStringData));
    await ask("plan of a change", "GET", "/api/apps/ns1/good/plan", read);
    await ask("plan of a change for people", "GET", "/api/apps/ns1/good/plan", read, { accept: "text/plain" });
    await ask("stream of a run", "POST", "/api/apps/ns1/good/reconcile", write);
    await world.apply(secret("files", inlineFiles(canary.newInlineValue)));
    await ask("stream of a run for people", "POST", "/api/apps/ns1/good/reconcile", write, { accept: "text/plain" });
    await world.until("good", succeeded(3));
    assert.ok(sinks.find(({ name }) => name === "stream of a run")?.text.includes('"op":"update"'));
  });

  it("Apps whose manifests, kubeconfigs or credentials are refused", async () => {
    await repository.commitFiles({ ...goodFiles(canary.newData, canary.newStringData), ...badFiles() });
    await world.apply(secret("git-wrong", { username: "ada", password: canary.wrongGitPassword }));
    for (const [name, text] of Object.entries(badKubeconfigs(world, echo)))
      await world.apply(secret(name, { value: text }));
    const apps = [
      ...Object.keys(badFiles()).map((path) => path.split("/")[0] ?? ""),
      ...Object.keys(badKubeconfigs(world, echo)),
    ];
    for (const name of apps.filter((name) => name.startsWith("bad-")))
      await world.apply(appOf(name, { fetch: [gitFetch("git", name)] }));
    for (const name of apps.filter((name) => name.startsWith("kube-")))
      await world.apply(appOf(name, { fetch: [gitFetch("git", "plain")], cluster: { kubeconfigSecretRef: { name } } }));
    await world.apply(appOf("git-401", { fetch: [gitFetch("git-wrong", "plain")] }));
    for (const name of [...apps, "git-401"]) await world.until(name, failed);
    const said = textAt(await world.until("kube-echo", failed), "usefulErrorMessage");
    assert.match(said, /refused: Bearer \[redacted\], /);
    await Promise.all(
      [...apps, "git-401", "url"].flatMap((name) => [
        ask(`plan of ${name}`, "GET", `/api/apps/ns1/${name}/plan`, read),
        ask(`run of ${name}`, "POST", `/api/apps/ns1/${name}/reconcile`, write),
      ]),
    );
  });

  it("the hub, with and without the right to see Secrets", async () => {
    const secrets = "/api/v1/namespaces/ns1/secrets";
    const token = await tokenFor("apps:write", "secrets:write");
    const object = {
      ...secret("by-hand", { password: canary.hubSecret }),
      metadata: {
        name: "by-hand",
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
            kind: "Secret",
            stringData: { password: canary.lastApplied },
          }),
        },
      },
    };
    await ask("created Secret", "POST", secrets, token, {}, JSON.stringify(object));
    await ask("created Secret again", "POST", secrets, token, {}, JSON.stringify(object));
    const malformed = JSON.stringify(object).replace(/"stringData.*/, `"stringData":{"a": ${canary.malformedBody}`);
    await ask("malformed Secret", "POST", secrets, token, {}, malformed);
    for (const wrong of [
      { stringData: { a: { b: canary.mistypedBody } } },
      { stringData: canary.mistypedBody },
      { data: { a: canary.mistypedBody } },
      { data: [canary.mistypedBody] },
      { strangeData: { a: canary.mistypedBody } },
      { immutable: canary.mistypedBody },
    ]) {
      const body = JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "wrong" }, ...wrong });
      await ask("mistyped Secret", "POST", `${secrets}?fieldValidation=Strict`, token, {}, body);
    }
    for (const path of [secrets, `${secrets}/by-hand`, "/api/v1/secrets"]) {
      await ask(`GET ${path}`, "GET", path, token);
      await ask(`GET ${path} as a table`, "GET", path, token, {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      });
      await ask(`GET ${path} without the scope`, "GET", path, read);
    }
    await ask("watch", "GET", `${secrets}?watch=1&timeoutSeconds=1&resourceVersion=0`, token);
    const patch = JSON.stringify({ stringData: { other: canary.hubSecret } });
    await ask("patch", "PATCH", `${secrets}/by-hand`, token, { "content-type": "application/merge-patch+json" }, patch);
    await ask("bogus token", "GET", secrets, canary.bogusToken);
    await ask("token in the query", "GET", `/api/apps?token=${canary.queryToken}`, read);
    await ask("Apps as objects", "GET", "/apis/kappctrl.k14s.io/v1alpha1/namespaces/ns1/apps", read);
    await ask("ConfigMaps", "GET", "/api/v1/namespaces/ns1/configmaps", read);
    const seen = await fetch(`${world.lateen.url}${secrets}/by-hand`, {
      headers: { authorization: `Bearer ${await tokenFor("secrets:read")}` },
    });
    assert.ok((await seen.text()).includes(Buffer.from(canary.hubSecret).toString("base64")), "the right still works");
  });

  it("webhooks, metrics, Apps and their runs", async () => {
    const body = JSON.stringify({ ref: "refs/heads/main" });
    const digest = createHmac("sha256", webhookSecret).update(body).digest("hex");
    for (const signature of [`sha256=${digest}`, `sha1=${digest}`, webhookSecret])
      await ask(
        "webhook",
        "POST",
        "/webhooks/github",
        undefined,
        {
          "x-github-event": "push",
          "x-github-delivery": "1",
          "x-hub-signature-256": signature,
        },
        body,
      );
    // Sources are asked on ticks, without an App's run around them.
    await tickAgain(world);
    await eventually(async () => assert.ok(world.logs.some((line) => line.includes("source not readable"))));
    assert.equal(world.logs.filter((line) => /manifest (?:is wrong|refused)/.test(line)).length, 3);
    await ask("metrics", "GET", "/metrics", undefined);
    await ask("Apps", "GET", "/api/apps", read);
    for (const app of await world.lateen.hub.apps.list()) {
      const name = String((app["metadata"] as KubeObject)["name"]);
      sinks.push({ name: `status of ${name}`, text: JSON.stringify(app["status"]) });
      const view = await ask(`view of ${name}`, "GET", `/api/apps/ns1/${name}`, read);
      const { runs } = JSON.parse(view) as { readonly runs: readonly { readonly runId: string }[] };
      for (const { runId } of runs) await ask(`run of ${name}`, "GET", `/api/apps/ns1/${name}/runs/${runId}`, read);
    }
  });

  it("the command line", async () => {
    const files: Readonly<Record<string, KubeObject>> = {
      app: goodApp("once"),
      git: secret("git", { username: "ada", password: canary.gitPassword }),
      files: secret("files", inlineFiles(canary.inlineValue)),
      cluster: secret("cluster", { value: world.sandbox.kubeconfig }),
      wrong: secret("git", { username: "ada", password: canary.wrongGitPassword }),
    };
    const options: string[] = [];
    for (const [name, object] of Object.entries(files)) {
      await writeFile(join(world.dataDir, `${name}.json`), JSON.stringify(object));
      if (name !== "wrong") options.push("-f", join(world.dataDir, `${name}.json`));
    }
    for (const args of [["diff"], ["deploy", "--diff"]]) {
      const { out, err } = await cli([...args, ...options]);
      sinks.push({ name: `lateen ${args.join(" ")}`, text: out + err });
    }
    const wrong = options.map((option) => option.replace("git.json", "wrong.json"));
    for (const command of ["deploy", "diff", "render"]) {
      const { code, out, err } = await cli([command, ...wrong]);
      assert.notEqual(code, 0);
      sinks.push({ name: `lateen ${command} with a wrong password`, text: out + err });
    }
  });

  it("holds none of them", async () => {
    await world.lateen.hub.delete(goodApp("good"));
    await eventually(async () => assert.equal(await world.lateen.hub.apps.get("ns1", "good"), undefined));
    await world.lateen.stop();
    sinks.push({ name: "log", text: world.logs.join("\n") }, { name: "output of the process", text: printed.join("") });
    sinks.push(...storedSinks(world.config.dataDir));
    const secrets = { ...canary, kubeconfigToken: world.sandbox.token, webhookSecret, read, write };
    const found = Object.entries(secrets).flatMap(([name, value]) =>
      sinks
        .filter((sink) => !(keptInSpec.includes(value) && /^(?:store |Apps as objects)/.test(sink.name)))
        .flatMap((sink) => leaksOf(value, sink.text).map((leak) => `${name} in ${sink.name}: …${leak}…`)),
    );
    assert.deepEqual(found, []);
  });

  // ------------------------------------------------------------------------------------------------------------ requests

  let read = "";
  let write = "";
  before(async () => {
    read = await tokenFor("apps:read");
    write = await tokenFor("apps:write");
  });

  async function tokenFor(...scopes: readonly ("apps:read" | "apps:write" | "secrets:read" | "secrets:write")[]) {
    return (await world.lateen.hub.tokens.create({ scopes, namespaces: ["ns1"] })).token;
  }

  async function ask(
    name: string,
    method: string,
    path: string,
    token: string | undefined,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<string> {
    const response = await fetch(`${world.lateen.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    sinks.push({ name, text: `${response.status} ${JSON.stringify([...response.headers])}\n${text}` });
    return text;
  }

  // ------------------------------------------------------------------------------------------------------------ material

  function gitFetch(secretName: string, subPath: string): KubeObject {
    return { git: { url: repository.url, ref: "origin/main", subPath, secretRef: { name: secretName } } };
  }

  function withCredentials(password: string): string {
    return repository.url.replace("://", `://ada:${password}@`);
  }

  function appOf(name: string, spec: KubeObject): KubeObject {
    return gitApp(name, repository, "plain", spec);
  }

  function goodApp(name: string): KubeObject {
    const inline = { inline: { pathsFrom: [{ secretRef: { name: "files" } }] }, path: "inline" };
    return appOf(name, {
      fetch: [{ ...gitFetch("git", "good"), path: "repository" }, inline],
      deploy: [{ kapp: { intoNs: "ns1", rawOptions: ["--diff-changes=true"] } }],
    });
  }
});

function failed(status: Parameters<typeof conditionOf>[0]): boolean {
  return conditionOf(status) === "ReconcileFailed";
}

function goodFiles(data: string, stringData: string): Readonly<Record<string, string>> {
  const object = {
    ...manifest("credentials", { stringData: { password: stringData } }),
    data: { key: Buffer.from(data).toString("base64") },
  };
  return { "good/secret.yml": JSON.stringify(object), "plain/a.yml": JSON.stringify(manifest("plain", {})) };
}

function inlineFiles(value: string): Readonly<Record<string, string>> {
  const object = manifest("from-inline", { stringData: { password: canary.inlineSecretManifest } });
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "from-secret" }, data: { value } };
  return { "secret.yml": JSON.stringify(object), "config.yml": JSON.stringify(configMap) };
}

/** One folder and App each; the API server or the YAML reader refuses them. */
function badFiles(): Readonly<Record<string, string>> {
  const yaml = (text: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata:\n  name: beside\nstringData:\n  before: ${canary.besideBadYaml}\n${text}`;
  const { besideBadYaml: value } = canary;
  return {
    "bad-type/a.yml": JSON.stringify(manifest("bad-type", { stringData: { key: { inner: canary.refusedNested } } })),
    "bad-name/a.yml": JSON.stringify(manifest("Bad_Name", { stringData: { key: canary.refusedData } })),
    "bad-map/a.yml": yaml(`  password: ${value}: more\n`),
    "bad-quote/a.yml": yaml(`  password: "${value}\n`),
    "bad-flow/a.yml": yaml(`  password: [${value}\n`),
    "bad-indent/a.yml": yaml(`  password: x\n ${value}: 1\n`),
    "bad-tab/a.yml": yaml(`\t${value}: 1\n`),
    "bad-int/a.yml": yaml(`  password: !!int ${value}\n`),
    "bad-binary/a.yml": yaml(`  password: !!binary "${value}"\n`),
    "bad-root/a.yml": `${value}\n`,
  };
}

/** What an operator keeps in the folder of manifests. */
function manifests(): Readonly<Record<string, string>> {
  const kept = (name: string, content: KubeObject): string =>
    JSON.stringify({ ...manifest(name, content), metadata: { name, namespace: "ns1" } });
  return {
    "good.yml": kept("kept", { stringData: { password: canary.manifest } }),
    "broken.yml": `kind: Secret\nstringData:\n  password: ${canary.brokenManifest}: x\n`,
    "refused.yml": kept("refused", { data: { password: `${canary.refusedManifest}!` } }),
    "mistyped.yml": kept("mistyped", { stringData: { password: { inner: canary.refusedManifest } } }),
  };
}

function badKubeconfigs(world: World, echo: FaultServer): Readonly<Record<string, string>> {
  const kubeconfig = (user: KubeObject, cluster: KubeObject): string =>
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
    });
  const { server } = world.sandbox;
  return {
    "kube-wrong": world.sandbox.kubeconfig.replace(world.sandbox.token, canary.wrongToken),
    // A cluster that says back what it was sent.
    "kube-echo": kubeconfig({ token: canary.echoedToken }, { server: echo.access.server }),
    "kube-broken": `clusters: [\n  token: ${canary.brokenKubeconfig}: x\n`,
    "kube-exec": kubeconfig({ exec: { command: "sh", args: [canary.execArgument] } }, { server }),
    "kube-key": kubeconfig(
      { "client-key-data": `${canary.badClientKey}!`, "client-certificate-data": "AAAA" },
      { server },
    ),
  };
}

function manifest(name: string, content: KubeObject): KubeObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, ...content };
}

// -------------------------------------------------------------------------------------------------------------- looking

/** Everything in the data directory but the secrets manager and the cache of git objects, which holds the repository's own files. */
function storedSinks(dataDir: string): Sink[] {
  const sinks: Sink[] = [];
  for (const name of readdirSync(dataDir).filter((file) => file.startsWith("lateen.db")))
    sinks.push({ name: `store file ${name}`, text: readFileSync(join(dataDir, name), "latin1") });
  const database = new DatabaseSync(join(dataDir, "lateen.db"), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  for (const { name } of tables) {
    for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all())
      sinks.push({ name: `store table ${String(name)}`, text: Object.values(row).map(String).join(" ") });
  }
  database.close();
  return sinks;
}

/** Where a value stands in a text, in any form; the surroundings of the first place of each. */
function leaksOf(value: string, text: string): string[] {
  const core = /^[\w-]+/.exec(value)?.[0] ?? value;
  const forms = [core, ...[0, 1, 2].map((shift) => base64Core(core, shift))];
  return forms.flatMap((form) => {
    const at = text.indexOf(form);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 60), at + form.length + 20)];
  });
}

/** The part of the base64 of `value` that is the same whatever stands before and after it. */
function base64Core(value: string, shift: number): string {
  const encoded = Buffer.from("x".repeat(shift) + value).toString("base64");
  const from = shift === 0 ? 0 : 4;
  return encoded.slice(from, encoded.length - 4);
}

function captureOutput(into: string[]): () => void {
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write);
  for (const stream of streams) {
    const write = stream.write.bind(stream);
    // The overloads of `write` differ only in what follows the text.
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]): boolean => {
      into.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
      return write(chunk, ...rest);
    }) as typeof stream.write;
  }
  return () => {
    for (const [index, stream] of streams.entries()) {
      const original = originals[index];
      if (original !== undefined) stream.write = original;
    }
  };
}
