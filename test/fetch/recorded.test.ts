import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, parse as parseYaml } from "yaml";
import { type AppSpec, parseApp } from "../../src/app/index.ts";
import { systemClock } from "../../src/base/index.ts";
import { fetchApp, type FetchDeps, type FetchResult } from "../../src/fetch/index.ts";
import { createGitClient, createGitTransport, type GitTransport, localAddressPolicy } from "../../src/git/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { call, withoutGit } from "../git/support.ts";

/** The fetch stage of what a real kapp-controller was recorded to do; the format is described beside the cases. */
const casesFolder = fileURLToPath(new URL("../../../shared/data/app/cases/", import.meta.url));
const skip = withoutGit || (existsSync(casesFolder) ? false : "the recorded cases are not beside this checkout");

/** Kinds of fetch entries that wait for later work. */
const unbuilt = ["http", "image", "imgpkgBundle", "helmChart"];
/** A symbolic link of the case became a plain file on its way here; links are tested with real ones in fetch-app.test.ts. */
const flattened = new Set(["git-symlink-outside"]);
/** Actions after which the fetch stage runs anew with what it then finds. */
const replayed = new Set(["commit", "apply", "patchApp", "delete", "sync"]);

/** What each server stands for, in their order. */
const placeholders = ["__GITURL__", "__GITHTTPURL__", "__GITHTTPSURL__", "__GITHTTPSURL_UNTRUSTED__"];

interface Action extends Readonly<Record<string, unknown>> {
  readonly commit?: string;
  readonly branch?: string;
  readonly tags?: readonly string[];
  readonly annotatedTags?: readonly string[];
  readonly message?: string;
  readonly orphan?: boolean;
  readonly apply?: string;
  readonly delete?: string;
  readonly patchApp?: KubeObject;
}
interface Step {
  readonly do: readonly Action[];
}
interface KubeObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}
interface FetchStatus {
  readonly exitCode: number;
  readonly error?: string;
  readonly stderr?: string;
  readonly stdout?: string;
}

describe("recorded fetches", { skip }, () => {
  const servers: GitServer[] = [];
  let transport: GitTransport;
  before(async () => {
    const auth = { username: "user", password: "opensesame" };
    const pem = (name: string): string => readFileSync(new URL(`../git/fixtures/${name}.pem`, import.meta.url), "utf8");
    const tls = { key: pem("server-key"), cert: pem("server") };
    // Nobody signed for this server's name.
    const untrusted = { key: pem("wrong-name-key"), cert: pem("wrong-name") };
    servers.push(
      await startGitServer(),
      await startGitServer({ auth }),
      await startGitServer({ auth, tls }),
      await startGitServer({ tls: untrusted }),
    );
    transport = createGitTransport({ allowAddress: localAddressPolicy, caCerts: [pem("authority")] });
  });
  after(async () => {
    await transport?.close();
    for (const server of servers) await server.close();
  });

  for (const name of skip === false ? readdirSync(casesFolder) : []) {
    const read = (file: string): string => readFileSync(join(casesFolder, name, file), "utf8");
    const { steps } = JSON.parse(read("case.json")) as { readonly steps: readonly Step[] };
    if (flattened.has(name)) continue;

    test(name, async (context) => {
      const world = await createWorld(name, steps, read);
      let compared = 0;
      for (const [index, step] of steps.entries()) {
        const expected = `expected/step${index + 1}.app.yaml`;
        const isReplayable = step.do.every((action) => Object.keys(action).some((key) => replayed.has(key)));
        if (!isReplayable || !existsSync(join(casesFolder, name, expected))) break;
        for (const action of step.do) await world.act(action);
        const recorded = parseYaml(read(expected)) as { readonly status?: { readonly fetch?: FetchStatus } };
        const spec = world.spec();
        if (recorded.status?.fetch === undefined || spec === undefined || spec.paused || spec.canceled) break;
        if (spec.fetch.some((entry) => entry.type === "unsupported" && unbuilt.includes(entry.kind))) break;
        compare(await world.fetch(spec), recorded.status.fetch);
        compared++;
      }
      if (compared === 0) context.skip("its fetch waits for later work");
    });
  }

  async function createWorld(name: string, steps: readonly Step[], read: (file: string) => string): Promise<World> {
    const urls = new Map<string, string>();
    const repositories: ServedRepository[] = [];
    const actions = steps.flatMap((step) => step.do);
    const files = actions.flatMap(({ apply }) => (apply === undefined ? [] : [read(apply)]));
    const texts = [...files, JSON.stringify(actions)];
    for (const [index, placeholder] of placeholders.entries()) {
      const server = servers[index];
      if (server === undefined || !texts.some((text) => text.includes(placeholder))) continue;
      const repository = await server.createRepository(name);
      repositories.push(repository);
      urls.set(placeholder, repository.url);
    }
    const shas = new Map<string, string>();
    const objects = new Map<string, KubeObject>();
    let branch = "main";
    let app: KubeObject | undefined;
    const fill = (text: string): string =>
      text
        .replace(/__GIT[A-Z_]*URL(_UNTRUSTED)?__/g, (placeholder) => urls.get(placeholder) ?? "")
        .replaceAll("__NS__", "ns")
        .replace(/__SHA:(.*?)__/g, (_, commit: string) => shas.get(commit) ?? "");
    const documents = (file: string): KubeObject[] =>
      parseAllDocuments(fill(read(file)))
        .map((document) => document.toJS() as KubeObject | null)
        .filter((object) => object !== null);
    const keyOf = (object: KubeObject): string => `${object.kind}/${object.metadata?.name}`;
    const commit = async (action: Action, folder: string): Promise<void> => {
      branch = action.branch ?? branch;
      const { tags, annotatedTags, orphan } = action;
      const message = action.message ?? `commit ${folder.split("/").at(-1)}`;
      for (const repository of repositories) {
        const sha = await repository.commitFolder(join(casesFolder, name, folder), {
          branch,
          message,
          ...(tags === undefined ? {} : { tags }),
          ...(annotatedTags === undefined ? {} : { annotatedTags }),
          ...(orphan === undefined ? {} : { orphan }),
        });
        shas.set(folder, sha);
      }
    };
    const dataOf =
      (kind: string): FetchDeps["secret"] =>
      async (objectName) => {
        const object = objects.get(`${kind}/${objectName}`);
        if (object === undefined) return undefined;
        const encoded = Object.entries(object.data ?? {}).map(
          ([key, value]) => [key, Buffer.from(value, kind === "Secret" ? "base64" : "utf8")] as const,
        );
        return new Map([
          ...encoded,
          ...Object.entries(object.stringData ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const),
        ]);
      };
    // One client for all steps, as in a warm process.
    const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0 });
    return {
      act: async (action) => {
        if (action.commit !== undefined) await commit(action, action.commit);
        for (const object of action.apply === undefined ? [] : documents(action.apply)) {
          if (object.kind === "App" && (app === undefined || keyOf(app) === keyOf(object))) app = object;
          objects.set(keyOf(object), object);
        }
        for (const object of action.delete === undefined ? [] : documents(action.delete)) objects.delete(keyOf(object));
        const patch =
          action.patchApp === undefined ? undefined : (JSON.parse(fill(JSON.stringify(action.patchApp))) as KubeObject);
        if (patch !== undefined && app !== undefined) app = { ...app, spec: { ...app.spec, ...patch.spec } };
      },
      spec: () => {
        if (app === undefined) return undefined;
        const object = { ...app, metadata: { namespace: "ns", ...app.metadata } };
        const parsed = parseApp(JSON.parse(JSON.stringify(object)) as Parameters<typeof parseApp>[0]);
        return "app" in parsed ? parsed.app.spec : undefined;
      },
      fetch: (spec) => fetchApp(spec, { git, secret: dataOf("Secret"), configMap: dataOf("ConfigMap") }, call()),
    };
  }
});

interface World {
  act(action: Action): Promise<void>;
  spec(): AppSpec | undefined;
  fetch(spec: AppSpec): Promise<FetchResult>;
}

function compare(result: FetchResult, recorded: FetchStatus): void {
  if (recorded.exitCode === 0) {
    assert.ok(result.ok, result.ok ? "" : `${result.error}\n${result.stderr}`);
    assert.equal(normalize(result.lock), recorded.stdout);
    return;
  }
  assert.ok(!result.ok);
  assert.deepEqual([result.error, result.exitCode], [recorded.error, recorded.exitCode]);
  const want = (recorded.stderr ?? "").split("\n");
  const got = result.stderr.split("\n");
  const gitSpeaks = want.findIndex((line) => line.trimStart().startsWith("Git ["));
  // Another client has other words; what it was doing must read the same.
  if (gitSpeaks < 0) assert.deepEqual(got, want);
  else assert.deepEqual(got.slice(0, gitSpeaks), want.slice(0, gitSpeaks));
}

function normalize(text: string): string {
  return text.replace(/\b[0-9a-f]{40}\b/g, "SHA").replace(/-g[0-9a-f]{7}\b/g, "-gSHA");
}
