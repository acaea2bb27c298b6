import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { generate } from "selfsigned";
import { type LocalServer, parseConfig, startLocal } from "../../../src/functions/index.ts";
import { kubeconfigFor } from "../../../src/hub/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../../support/git-server.ts";
import { type ControlPlane, startControlPlane } from "../control-plane.ts";
import { installPackagingTypes } from "../packaging-types.ts";
import { createKubeClient, type KubeClient } from "../kube-client.ts";

/** A run cluster, lateen, and one git repository per case behind four kinds of URL. */
export interface World {
  readonly plane: ControlPlane;
  readonly lateen: LocalServer;
  readonly cluster: KubeClient;
  readonly hub: KubeClient;
  readonly hubKubeconfig: string;
  createRepository(name: string): Promise<RepositoryUrls>;
  stop(): Promise<void>;
}

export interface RepositoryUrls {
  readonly repository: ServedRepository;
  /** Placeholder to URL. */
  readonly placeholders: Readonly<Record<string, string>>;
}

const auth = { username: "user", password: "opensesame" };

export async function startWorld(): Promise<World> {
  const opened: (() => Promise<unknown> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const directory = mkdtempSync(join(tmpdir(), "lateen-app-cases-"));
    opened.push(() => rmSync(directory, { recursive: true, force: true }));
    const plane = await startControlPlane();
    opened.push(() => plane.stop());
    await installPackagingTypes(plane);
    const [trusted, untrusted] = await Promise.all([makeCertificate(), makeCertificate()]);
    // As an operator would add an authority to the machine's: lateen trusts what the process trusts.
    setDefaultCACertificates([...getCACertificates("default"), trusted.cert]);
    const git = {
      __GITURL__: await startGitServer(),
      __GITHTTPURL__: await startGitServer({ auth }),
      __GITHTTPSURL__: await startGitServer({ auth, tls: trusted }),
      __GITHTTPSURL_UNTRUSTED__: await startGitServer({ auth, tls: untrusted }),
    };
    opened.push(() => Promise.all(Object.values(git).map((server) => server.close())));
    const lateen = await startLateen(directory, plane.kubeconfig);
    opened.push(() => lateen.stop());
    const { token } = await lateen.hub.tokens.create({ scopes: ["admin"], description: "recorded cases" });
    const hubKubeconfig = kubeconfigFor({
      server: lateen.url,
      token,
      ...(lateen.ca === undefined ? {} : { ca: lateen.ca }),
    });
    const cluster = createKubeClient(plane.kubeconfig);
    const hub = createKubeClient(hubKubeconfig);
    opened.push(() => Promise.all([cluster.close(), hub.close()]));
    return {
      plane,
      lateen,
      cluster,
      hub,
      hubKubeconfig,
      createRepository: (name) => createRepository(git, name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLateen(directory: string, homeKubeconfig: string): Promise<LocalServer> {
  const path = join(directory, "home.kubeconfig");
  writeFileSync(path, homeKubeconfig, { mode: 0o600 });
  const parsed = parseConfig({
    flags: { dataDir: join(directory, "data"), homeKubeconfig: path, port: "0", logLevel: "warn" },
  });
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  const shown = process.env["LATEEN_TEST_LOG"] !== undefined;
  return startLocal(parsed.config, { write: (line) => void (shown && process.stderr.write(`${line}\n`)) });
}

/** The same bare repository behind every server. */
async function createRepository(git: Readonly<Record<string, GitServer>>, name: string): Promise<RepositoryUrls> {
  const { __GITURL__: open, ...guarded } = git;
  if (open === undefined) throw new Error("no open git server");
  const repository = await open.createRepository(name);
  const placeholders: Record<string, string> = { __GITURL__: repository.url };
  for (const [placeholder, server] of Object.entries(guarded)) {
    const { directory, url } = await server.createRepository(name);
    await rm(directory, { recursive: true });
    symlinkSync(repository.directory, directory);
    placeholders[placeholder] = url;
  }
  return { repository, placeholders };
}

async function makeCertificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const made = await generate([{ name: "commonName", value: "git server for tests" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
