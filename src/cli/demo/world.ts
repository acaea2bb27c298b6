import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, parseConfig, startLocal } from "../../functions/index.ts";
import { type Sandbox, startSandbox } from "../../sandbox/index.ts";
import { accessOfKubeconfig } from "../hub-access.ts";
import { type Forge, startForge } from "./forge.ts";
import { defaultScopes } from "../token-options.ts";
import { createKube, type Kube } from "./kube.ts";

/** Two run clusters, a git forge and lateen, all in this process. */
export interface World {
  readonly directory: string;
  readonly staging: Sandbox;
  readonly prod: Sandbox;
  readonly forge: Forge;
  readonly lateen: LocalServer;
  /** What a person's kubectl is aimed at. */
  readonly kube: { readonly hub: Kube; readonly staging: Kube; readonly prod: Kube };
  readonly hubToken: string;
  readonly webhookSecret: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Short, so that the demo need not wait for drift to be noticed; the default is 30 s. */
export const demoSyncPeriod = "2s";

export async function startWorld(): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "lateen-demo-"));
  const opened: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    // In the opposite order of their start: nobody calls what is gone.
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    await mkdir(join(directory, "work"));
    const staging = await startSandbox({ name: "staging" });
    opened.push(() => staging.stop());
    const prod = await startSandbox({ name: "prod" });
    opened.push(() => prod.stop());
    const forge = await startForge(join(directory, "work"));
    opened.push(() => forge.close());
    const webhookSecret = randomBytes(32).toString("hex");
    const logFile = join(directory, "lateen.log");
    const lateen = await startLateen(directory, staging, webhookSecret, logFile);
    opened.push(() => lateen.stop());
    const { ca, url } = lateen;
    forge.setHook({ url: `${url}/webhooks/github`, ca, secret: webhookSecret });
    const { token } = await lateen.hub.tokens.create({ scopes: defaultScopes, description: "demo" });
    const kube = {
      hub: createKube({ url, token, ...(ca === undefined ? {} : { ca }) }),
      staging: createKube(accessOfKubeconfig(staging.kubeconfig, "staging")),
      prod: createKube(accessOfKubeconfig(prod.kubeconfig, "prod")),
    };
    opened.push(() => Promise.all(Object.values(kube).map((client) => client.close())));
    return { directory, staging, prod, forge, lateen, kube, hubToken: token, webhookSecret, logFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLateen(
  directory: string,
  home: Sandbox,
  webhookSecret: string,
  logFile: string,
): Promise<LocalServer> {
  const homeKubeconfig = join(directory, "staging.kubeconfig");
  await writeFile(homeKubeconfig, home.kubeconfig, { mode: 0o600 });
  const parsed = parseConfig({
    flags: {
      dataDir: join(directory, "data"),
      homeKubeconfig,
      port: "0",
      syncPeriod: demoSyncPeriod,
      logLevel: "debug",
    },
    environment: { LATEEN_WEBHOOK_SECRETS: webhookSecret },
  });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  return startLocal(parsed.config, { write: (line) => appendFileSync(logFile, `${line}\n`) });
}
