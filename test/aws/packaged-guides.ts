/** The Apps of both guides, in the hub of the packaged functions: one on the home cluster as its ServiceAccount, one by a kubeconfig. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  apiVersionOf,
  kindOf,
  namespaceOf,
  type Json,
  type KubeObject,
  own,
  parseJson,
  parseYamlStream,
  isMap,
} from "../../src/resource/index.ts";
import type { LambdaWorld } from "../functions/aws/lambda-world.ts";
import { isDeployedAt, type PackagedFunctions } from "./packaged-functions.ts";

/** What the functions' environment must hold for them. */
export const guidesEnvironment: Readonly<Record<string, string>> = { LATEEN_HOME_KUBECONFIG_SECRET: "lateen/home" };

export interface GuideApp {
  /** What the guide calls the change. */
  readonly change: string;
  /** URL of its repository. */
  readonly repository: string;
  /** Commits the guide's change with another number each time; answers the commit. */
  commit(value: number): Promise<string>;
  /** Waits until the run cluster has the change; answers when it was seen there (`performance.now()`). */
  applied(value: number): Promise<number>;
  /** Waits until the App's status says that it succeeded with this commit. */
  succeeded(commit: string): Promise<void>;
}

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const patienceMs = 20_000;

/** Applies what the guides apply; the Apps have been deployed once when it resolves. */
export async function createGuideApps(world: LambdaWorld, packaged: PackagedFunctions): Promise<readonly GuideApp[]> {
  const { sandbox } = world;
  const hub = async (path: string, object: Json): Promise<void> => {
    const { statusCode, body } = await packaged.hub("POST", path, Object(object));
    assert.equal(statusCode, 201, body);
  };
  const secret = (name: string, namespace: string, value: string): Promise<void> =>
    hub(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace },
      stringData: { value },
    });
  const create = async (guide: Guide): Promise<GuideApp> => {
    const repository = await world.git.createRepository(guide.repository);
    const files = filesIn(join(examples, guide.files));
    const commit: GuideApp["commit"] = (value) =>
      repository.commitFiles({ ...files, [guide.changed]: guide.change(files[guide.changed] ?? "", value) });
    const first = await commit(0);
    for (const object of documentsIn(join(examples, guide.app)))
      await hub(guide.appsPath, replaced(object, guide.url, repository.url));
    const status = async (): Promise<string> => {
      const { statusCode, body } = await packaged.hub("GET", `${guide.appsPath}/${guide.name}`);
      assert.equal(statusCode, 200, body);
      return JSON.stringify(own(parseJson(body), "status") ?? null);
    };
    const succeeded: GuideApp["succeeded"] = async (id) => {
      const end = Date.now() + patienceMs;
      for (let seen = await status(); !isDeployedAt(seen, id); seen = await status()) {
        assert.ok(Date.now() < end, `${guide.name}: ${seen}`);
        // A token of the hub may ask 50 times in a second.
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    };
    await succeeded(first);
    return {
      change: guide.title,
      repository: repository.url,
      commit,
      succeeded,
      applied: (value) => seenOn(world, guide.watched, (object) => guide.shows(object, value)),
    };
  };

  await secret("home", "lateen", sandbox.kubeconfig);
  await onCluster(world, { apiVersion: "v1", kind: "Namespace", metadata: { name: "pkg-gitops" } });
  for (const file of [
    "package-management-with-gitops/app/rbac.yml",
    "gitops-delivery-with-carvel-app/run-cluster/rbac.yaml",
  ])
    for (const object of documentsIn(join(examples, file))) await onCluster(world, object);
  await secret("runcluster1-kubeconfig", "build-ns", sandbox.kubeconfig);
  return [await create(packages), await create(delivery)];
}

interface Guide {
  readonly title: string;
  readonly name: string;
  readonly repository: string;
  /** What the App says instead of the repository's URL. */
  readonly url: string;
  /** Below `examples`: the repository's content, and the App. */
  readonly files: string;
  readonly app: string;
  readonly appsPath: string;
  /** The file that a push changes. */
  readonly changed: string;
  readonly change: (text: string, value: number) => string;
  /** The collection that holds what the change changes. */
  readonly watched: string;
  readonly shows: (object: Json, value: number) => boolean;
}

const apps = (namespace: string): string => `/apis/kappctrl.k14s.io/v1alpha1/namespaces/${namespace}/apps`;

const packages: Guide = {
  title: "Package Management with GitOps: contour's version",
  name: "pkg-gitops-example",
  repository: "my-pkg-gitops-repo",
  url: "https://github.com/user/my-pkg-gitops-repo",
  files: "package-management-with-gitops",
  app: "package-management-with-gitops/app/app.yml",
  appsPath: apps("pkg-gitops"),
  changed: "packaging/packageinstalls.yml",
  change: (text, value) => replacedText(text, "constraints: 1.17.1", `constraints: 1.17.${value + 1}`),
  watched: "/apis/packaging.carvel.dev/v1alpha1/namespaces/pkg-gitops/packageinstalls",
  shows: (object, value) => JSON.stringify(own(object, "spec")).includes(`"1.17.${value + 1}"`),
};

const delivery: Guide = {
  title: "GitOps Delivery with Carvel App: replicas",
  name: "hello-app-app",
  repository: "my-gitops",
  url: "https://github.com/mycompany/my-gitops",
  files: "gitops-delivery-with-carvel-app/gitops-repo",
  app: "gitops-delivery-with-carvel-app/build-cluster/app.yaml",
  appsPath: apps("build-ns"),
  changed: "hello-app.dev.tap/runcluster1/params.yaml",
  change: (text, value) => replacedText(text, "replicas: 2", `replicas: ${value + 2}`),
  watched: "/api/v1/namespaces/ns2/secrets",
  shows: (object, value) =>
    Buffer.from(String(own(own(object, "data") ?? null, "values.yaml")), "base64")
      .toString()
      .includes(`replicas: ${value + 2}\n`),
};

/** Follows a collection of the run cluster until an object fits. */
async function seenOn(world: LambdaWorld, path: string, fits: (object: Json) => boolean): Promise<number> {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(patienceMs)]);
  const answer = await world.sandbox.handle(sandboxRequest(world, `${path}?watch=true`, { signal }));
  let open = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) {
      const lines = (open + decoder.decode(chunk, { stream: true })).split("\n");
      open = lines.pop() ?? "";
      if (lines.some((line) => fits(own(parseJson(line), "object") ?? null))) return performance.now();
    }
    throw new Error(`the watch on ${path} ended`);
  } finally {
    gone.abort();
  }
}

async function onCluster(world: LambdaWorld, object: KubeObject): Promise<void> {
  const request = sandboxRequest(world, collectionOf(object), { method: "POST", body: JSON.stringify(object) });
  const answer = await world.sandbox.handle(request);
  assert.equal(answer.status, 201, await answer.text());
}

function sandboxRequest({ sandbox }: LambdaWorld, path: string, init: RequestInit): Request {
  const headers = { authorization: `Bearer ${sandbox.token}`, "content-type": "application/json" };
  return new Request(sandbox.server + path, { ...init, headers });
}

/** Where objects of the guides' run clusters are created: namespaces, accounts and their rights. */
function collectionOf(object: KubeObject): string {
  const collection = `${kindOf(object).toLowerCase()}s`;
  const namespace = namespaceOf(object);
  const group = apiVersionOf(object) === "v1" ? "/api/v1" : `/apis/${apiVersionOf(object)}`;
  return namespace === "" ? `${group}/${collection}` : `${group}/namespaces/${namespace}/${collection}`;
}

function documentsIn(file: string): readonly KubeObject[] {
  const { documents } = parseYamlStream(readFileSync(file, "utf8"), { file });
  return documents.map(({ value }) => value).filter((value) => isMap(value));
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

function replaced(object: KubeObject, from: string, to: string): Json {
  return parseJson(replacedText(JSON.stringify(object), from, to));
}

/** @throws Error when the examples have changed and do not hold it any more. */
function replacedText(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `no '${from}' in ${text}`);
  return text.replaceAll(from, to);
}
