/**
 * lateen as one Node process: the same handlers as the functions on AWS, with SQLite in the place of queue and table, owner-only files in the place of
 * the secrets manager, and a timer in the place of the schedule.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Hub } from "../hub/index.ts";
import {
  checkWebhookSecrets,
  createByHand,
  createHealth,
  createHttp,
  createMetricsRoute,
  createWebhooks,
  type HttpParts,
  serveHttp,
  type WebhookSecret,
} from "../http/index.ts";
import { acceptPush, type ReconcileDeps } from "../reconcile/index.ts";
import { serverCertificate } from "./certificate.ts";
import { byHandDeps } from "./compose-deps.ts";
import { type Composition, compose, type ComposeOptions } from "./compose.ts";
import type { LocalConfig } from "./config.ts";
import { handlers, sliceMs } from "./handlers.ts";
import { keepManifests } from "./manifests.ts";
import { startWorkers, type WorkerPool } from "./workers.ts";

/** How long SIGTERM waits for runs in hand; what is not done then is stopped between two changes and taken up after the restart. */
const drainMs = 10_000;
/** Checks of a source and of a cluster that run at once. */
const checksAtOnce = 8;

export interface LocalServer {
  /** Base URL that it is reached under on this machine, without a slash at the end. */
  readonly url: string;
  /** PEM of the authority that clients must trust; absent with plain HTTP or the operator's own certificate. */
  readonly ca?: string;
  readonly hub: Hub;
  readonly deps: ReconcileDeps;
  /** Looks at all sources and clusters now instead of at the next tick. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts lateen and resolves when it takes requests.
 * @throws Error when a file of the configuration is missing or wrong, the port is taken, or the database is damaged.
 */
export async function startLocal(config: LocalConfig, options: ComposeOptions = {}): Promise<LocalServer> {
  const secrets = readWebhookSecrets(config);
  const composition = await compose(config, options);
  const { deps, store, hub, log } = composition;
  const abort = new AbortController();
  try {
    const certificate = await serverCertificate(config, deps.clock.now());
    const server = await serveHttp(createHttp(routes(composition, secrets, abort.signal, options.version ?? "")), {
      host: config.host,
      port: config.port,
      ...(certificate === undefined ? {} : { tls: certificate }),
    });
    if (config.appsDir !== undefined)
      await keepManifests(config.appsDir, { hub, items: deps.items, clock: deps.clock, log }, abort.signal);
    const pools = startPools(config, composition, abort.signal);
    const stopTicking = startTicking(deps, store.queue);
    log.info("lateen started", { url: server.url, dataDir: config.dataDir });
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      log.info("lateen stops");
      stopTicking();
      const closed = server.close();
      const drained = Promise.all(pools.map((pool) => pool.drain()));
      const timer = setTimeout(() => abort.abort(new Error("lateen stops")), drainMs);
      await drained;
      clearTimeout(timer);
      abort.abort(new Error("lateen stops"));
      await closed;
      await composition.close();
    };
    return {
      url: server.url,
      ...(certificate?.ca === undefined ? {} : { ca: certificate.ca }),
      hub,
      deps,
      tick: () =>
        handlers.tick({ key: "tick" }, deps, { signal: abort.signal, deadline: deps.clock.now() + sliceMs.tick }),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    abort.abort(error);
    await composition.close();
    throw error;
  }
}

function startPools(
  config: LocalConfig,
  { deps, store, log }: Composition,
  signal: AbortSignal,
): readonly WorkerPool[] {
  const concurrency = { app: config.appsAtOnce, source: checksAtOnce, drift: checksAtOnce, tick: 1 } as const;
  return (["app", "source", "drift", "tick"] as const).map((name) =>
    startWorkers({ queue: store.queue, name, concurrency: concurrency[name], clock: deps.clock, log }, (message) =>
      handlers[name](message, deps, { signal, deadline: deps.clock.now() + sliceMs[name] }),
    ),
  );
}

/** The schedule: one tick per slot of the wall clock; the first at once, so that a restart looks at everything that happened meanwhile. */
function startTicking(deps: ReconcileDeps, queue: Composition["store"]["queue"]): () => void {
  const { tickMs } = deps.config;
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    queue.send({ queue: "tick", key: "tick" }).catch((error: unknown) => deps.log.error("tick not sent", { error }));
    const now = deps.clock.now();
    timer = setTimeout(tick, (Math.floor(now / tickMs) + 1) * tickMs - now);
  };
  tick();
  return () => clearTimeout(timer);
}

function routes(
  { deps, hub, metrics, log }: Composition,
  secrets: readonly WebhookSecret[],
  stopping: AbortSignal,
  version: string,
): HttpParts {
  return {
    webhooks: createWebhooks({
      secrets: () => secrets,
      acceptPush: (push) => acceptPush(push, deps),
      log,
      metrics,
      clock: deps.clock,
    }),
    byHand: createByHand(byHandDeps(deps, hub, version)),
    hub: (request: Request) => hub.handle(request),
    health: createHealth({
      log,
      ready: async () => {
        const problems = stopping.aborted ? ["lateen is stopping"] : [];
        // Throws when the store cannot be read.
        await deps.rows.due(0, 1);
        return { ok: problems.length === 0, problems };
      },
    }),
    metrics: createMetricsRoute({ render: metrics.render, log }),
    log,
  };
}

function readWebhookSecrets(config: LocalConfig): readonly WebhookSecret[] {
  const secrets = [
    ...config.webhookSecrets,
    ...config.webhookSecretFiles.map((file) => {
      if (!existsSync(file))
        throw new Error(`webhook secret file ${file}: no such file (hint: openssl rand -hex 32 > ${file})`);
      return readFileSync(file, "utf8").trim();
    }),
  ].map((secret): WebhookSecret => ({ secret }));
  const { faults } = checkWebhookSecrets(secrets);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return secrets;
}
