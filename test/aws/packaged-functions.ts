/** The functions as `npm run package` makes them, each under its Runtime API, with the mappings of their queues and what a person does with them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { own, parseJson } from "../../src/resource/index.ts";
import { appObject, httpEvent, type LambdaWorld, secretObject } from "../functions/aws/lambda-world.ts";
import { createFunction, type LambdaFunction } from "./runtime-loop.ts";
import { type Mapping, startMapping } from "./sqs-mapping.ts";
import type { StreamedAnswer } from "./streamed-answer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

type FunctionName = "ingress" | "hub" | "byhand" | "tick" | "source" | "drift" | "runner";

/** Builds the functions into a folder of their own; `bundles` has one folder for each. */
export function buildBundles(): { readonly bundles: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "lateen-functions-"));
  execFileSync(process.execPath, ["scripts/build-functions.ts", folder], { cwd: root, stdio: "pipe" });
  return { bundles: `${folder}/functions`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface PackagedFunctions {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  /** Begins to deliver from the queues `source`, `drift`, `app` and `background`. */
  startMappings(): void;
  stopMappings(): Promise<void>;
  /** A request to the hub by its administrator. */
  hub(method: string, path: string, object?: object): Promise<Answer>;
  ingress(event: unknown): Promise<Answer>;
  /** A request to the function URL; the answer comes while the function still works on it. */
  byhand(event: unknown): Promise<StreamedAnswer>;
  /** Makes a Secret with a kubeconfig in the namespace `default`. */
  createSecret(name: string, kubeconfig: string): Promise<void>;
  /** Makes an App in the namespace `default` that deploys `subPath` of the world's repository. */
  createApp(name: string, subPath: string, secret?: string): Promise<void>;
  /** Status of an App as JSON text. */
  statusOf(name: string): Promise<string>;
  /** Ends processes and mappings. */
  stop(): Promise<void>;
}

/** As serverless.yml times them out; the runner and `byhand` sooner, so that one that hangs ends within a test. */
const timeoutsMs: Readonly<Record<FunctionName, number>> = {
  ingress: 8_000,
  hub: 29_000,
  byhand: 60_000,
  tick: 30_000,
  source: 60_000,
  drift: 60_000,
  runner: 60_000,
};

export const appsPath = "/apis/kappctrl.k14s.io/v1alpha1/namespaces/default/apps";

/**
 * @param options.visibilityS how long what a dead function held stays hidden.
 * @param options.maxConcurrency of each mapping.
 */
export function startPackagedFunctions(
  world: LambdaWorld,
  bundles: string,
  options: { readonly visibilityS: number; readonly maxConcurrency: number },
): PackagedFunctions {
  const make = (name: FunctionName): LambdaFunction =>
    createFunction(name, { bundles, environment: world.environment, timeoutMs: timeoutsMs[name] });
  const functions = {
    ingress: make("ingress"),
    hub: make("hub"),
    byhand: make("byhand"),
    tick: make("tick"),
    source: make("source"),
    drift: make("drift"),
    runner: make("runner"),
  };
  let mappings: readonly Mapping[] = [];
  const stopMappings = async (): Promise<void> => {
    await Promise.all(mappings.map((mapping) => mapping.stop()));
    mappings = [];
  };

  const hub: PackagedFunctions["hub"] = async (method, path, object) => {
    const body = object === undefined ? {} : { body: JSON.stringify(object) };
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = { authorization: `Bearer ${world.token}`, "content-type": type };
    // HTTP events are answered in this shape.
    return (await functions.hub.invoke(httpEvent(method, path, { headers, ...body }))) as Answer;
  };
  const create = async (path: string, object: object): Promise<void> => {
    const { statusCode, body } = await hub("POST", path, object);
    assert.equal(statusCode, 201, body);
  };

  return {
    functions,
    startMappings() {
      const { source, drift, runner } = functions;
      const targets = { source, drift, app: runner, background: runner } as const;
      mappings = (["source", "drift", "app", "background"] as const).map((queue) =>
        startMapping(world.api, world.queueUrls.get(queue) ?? "", targets[queue], options),
      );
    },
    stopMappings,
    hub,
    // As above.
    ingress: async (event) => (await functions.ingress.invoke(event)) as Answer,
    // A function that streams is answered so.
    byhand: async (event) => (await functions.byhand.invoke(event)) as StreamedAnswer,
    createSecret: (name, kubeconfig) => create("/api/v1/namespaces/default/secrets", secretObject(name, kubeconfig)),
    createApp: (name, subPath, secret = "cluster") =>
      create(appsPath, appObject(name, world.repository.url, subPath, secret)),
    async statusOf(name) {
      const { statusCode, body } = await hub("GET", `${appsPath}/${name}`);
      assert.equal(statusCode, 200, body);
      return JSON.stringify(own(parseJson(body), "status") ?? null);
    },
    async stop() {
      await stopMappings();
      for (const each of Object.values(functions)) each.kill();
    },
  };
}

/** Whether a status says that the App succeeded with this commit. */
export function isDeployedAt(status: string, commit: string): boolean {
  return status.includes(commit) && status.includes('"ReconcileSucceeded"');
}
