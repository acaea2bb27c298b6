import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Forge, startForge } from "../../../src/cli/demo/forge.ts";
import { type LocalServer, parseConfig, startLocal } from "../../../src/functions/index.ts";
import { cli } from "../../cli/support/run-cli.ts";
import { type ControlPlane, startControlPlane } from "../control-plane.ts";
import { createKubeClient, type KubeClient } from "../kube-client.ts";
import type { KubectlOptions } from "../kubectl.ts";
import { installPackagingTypes } from "../packaging-types.ts";
import { startPackageController } from "./package-controller.ts";

/** A run cluster, a git forge that sends signed webhooks, and lateen where the guides have a build cluster. */
export interface World {
  readonly directory: string;
  readonly plane: ControlPlane;
  readonly cluster: KubeClient;
  readonly forge: Forge;
  readonly lateen: LocalServer;
  /** kubectl on the run cluster. */
  run(...args: readonly string[]): Promise<string>;
  /** kubectl with the kubeconfig that `lateen kubeconfig` printed. */
  hub(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Deletes what a test made on the run cluster, as `KIND/NAME`; what is not there is fine. */
  clean(...objects: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Drift and lost pushes are looked for this often; the default is 30 s. */
const syncPeriod = "2s";
const webhookSecret = "a-secret-for-the-guides-webhooks";

export const examples: string = fileURLToPath(new URL("../../../examples", import.meta.url));

/** @param namespaces of the run cluster where packages are installed. */
export async function startWorld(namespaces: readonly string[]): Promise<World> {
  const opened: (() => Promise<unknown> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const directory = mkdtempSync(join(tmpdir(), "lateen-guides-"));
    opened.push(() => rmSync(directory, { recursive: true, force: true }));
    mkdirSync(join(directory, "work"));
    const plane = await startControlPlane();
    opened.push(() => plane.stop());
    await installPackagingTypes(plane);
    const cluster = createKubeClient(plane.kubeconfig);
    opened.push(() => cluster.close());
    opened.push(startPackageController(cluster, namespaces));
    const forge = await startForge(join(directory, "work"));
    opened.push(() => forge.close());
    const lateen = await startLateen(directory, plane.kubeconfig);
    opened.push(() => lateen.stop());
    forge.setHook({ url: `${lateen.url}/webhooks/github`, ca: lateen.ca, secret: webhookSecret });
    const { code, out, err } = await cli(["kubeconfig", "--data-dir", dataDir(directory), "--server", lateen.url]);
    if (code !== 0) throw new Error(`lateen kubeconfig: ${err}`);
    return {
      directory,
      plane,
      cluster,
      forge,
      lateen,
      run: (...args) => plane.kubectl(args),
      hub: (args, options = {}) => plane.kubectl(args, { ...options, kubeconfig: out }),
      clean: async (...objects) => {
        await plane.kubectl(["delete", ...objects, "--ignore-not-found", "--wait=false"]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Copies a file of the examples with one text replaced, which must be there; answers the copy's path. */
export function adapted(world: World, file: string, from: string, to: string): string {
  const text = readFileSync(join(examples, file), "utf8");
  if (!text.includes(from)) throw new Error(`${file} does not hold '${from}'`);
  const path = join(world.directory, file.replaceAll("/", "-"));
  writeFileSync(path, text.replaceAll(from, to));
  return path;
}

export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | undefined | false>,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startLateen(directory: string, home: string): Promise<LocalServer> {
  const homeKubeconfig = join(directory, "home.kubeconfig");
  writeFileSync(homeKubeconfig, home, { mode: 0o600 });
  const parsed = parseConfig({
    flags: { dataDir: dataDir(directory), homeKubeconfig, port: "0", syncPeriod, logLevel: "warn" },
    environment: { LATEEN_WEBHOOK_SECRETS: webhookSecret },
  });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const shown = process.env["LATEEN_TEST_LOG"] !== undefined;
  return startLocal(parsed.config, { write: (line) => void (shown && process.stderr.write(`${line}\n`)) });
}

function dataDir(directory: string): string {
  return join(directory, "data");
}
