import { createHash } from "node:crypto";
import type { Hono } from "hono";
import type { Clock, Log } from "../../base/index.ts";
import type { Metrics, Push } from "../../reconcile/index.ts";
import { readBody } from "../body.ts";
import { clientAddressOf } from "../client-address.ts";
import { createEdge, type EdgeEnv } from "../edge.ts";
import { problemResponse } from "../problem.ts";
import { createTokenBuckets } from "../token-buckets.ts";
import { coalesce } from "./coalesce.ts";
import { type GithubDelivery, readGithubDelivery } from "./github-delivery.ts";
import { isSignature, secretsThatSigned } from "./signature.ts";
import { checkWebhookSecrets, speaksFor, type WebhookSecret } from "./webhook-secret.ts";

export interface WebhooksDeps {
  /** The secrets that are valid now, old ones beside new ones while hooks are changed over. Asked for each delivery. */
  readonly secrets: () => readonly WebhookSecret[];
  /** Durable when it resolves; gets 3 s. A second delivery of one push may call it again. */
  readonly acceptPush: (
    push: Push,
    options: { readonly signal: AbortSignal },
  ) => Promise<{ readonly apps: readonly string[] }>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly limits?: Partial<WebhookLimits>;
}

interface WebhookLimits {
  /** Default 4 MiB (reliability.md L1); larger pushes are found by the next tick. */
  readonly maxBodyBytes: number;
  /** For the whole body. Default 3 000. */
  readonly bodyTimeoutMs: number;
  /** For `acceptPush`; then 503. Default 3 000 (L3), far below GitHub's 10 s. */
  readonly acceptTimeoutMs: number;
  /** Refused deliveries of one address; over it 429 instead of 401, and still no work. Default 5/s (L2). */
  readonly refusedPerSecond: number;
}

const defaultLimits: WebhookLimits = {
  maxBodyBytes: 4 * 1024 * 1024,
  bodyTimeoutMs: 3_000,
  acceptTimeoutMs: 3_000,
  refusedPerSecond: 5,
};

/** GitHub's are UUIDs; a longer one is replaced by its hash (B12). */
const maxDeliveryIdLength = 100;

/**
 * `POST /webhooks/github`. Order: bounded body, signature over the raw bytes, then parsing. An authentic delivery is answered 2xx
 * whatever it holds, so that no forge switches the hook off (reliability.md T4); 503 only when the push could not be stored.
 * @throws Error naming each secret that is empty or too short.
 */
export function createWebhooks(deps: WebhooksDeps): Hono<EdgeEnv> {
  const { log, metrics, clock } = deps;
  const limits = { ...defaultLimits, ...deps.limits };
  checkAtStart(deps.secrets(), log);
  const refusals = createTokenBuckets(
    { perSecond: limits.refusedPerSecond, burst: 2 * limits.refusedPerSecond },
    clock,
  );
  const accept = coalesce((push: Push) => acceptInTime(push, deps, limits.acceptTimeoutMs));

  const refuse = (env: unknown, why: string): Response => {
    metrics.count("lateen_webhooks_refused_total", { provider: "github", reason: "signature" });
    const address = clientAddressOf(env);
    log.info("webhook refused", { provider: "github", address, why });
    if (refusals.take(address ?? "")) return unauthorized();
    return problemResponse(
      { status: 429, code: "TOO_MANY_REFUSALS", message: "too many refused deliveries" },
      { "retry-after": "1" },
    );
  };

  const app = createEdge(log);
  app.post("/webhooks/github", async (context) => {
    const request = context.req.raw;
    const signature = request.headers.get("x-hub-signature-256");
    if (!isSignature(signature)) return refuse(context.env, "no well-formed X-Hub-Signature-256");
    const read = await readBody(request, { maxBytes: limits.maxBodyBytes, timeoutMs: limits.bodyTimeoutMs }, clock);
    if ("refused" in read) {
      metrics.count("lateen_webhooks_refused_total", { provider: "github", reason: read.refused });
      return bodyRefused(read.refused, limits);
    }
    const body = { bytes: read.bytes, text: utf8(read.bytes) };
    const usable = deps.secrets().filter((secret) => checkWebhookSecrets([secret]).faults.length === 0);
    const signers = await secretsThatSigned(body, signature, usable);
    if (signers.length === 0) return refuse(context.env, "no secret fits the signature");

    const delivery = readGithubDelivery({
      event: request.headers.get("x-github-event") ?? "",
      deliveryId: deliveryIdOf(request.headers.get("x-github-delivery"), read.bytes),
      contentType: request.headers.get("content-type") ?? "",
      body,
    });
    if (delivery.type === "push" && !signers.some((secret) => speaksFor(secret, delivery.push.repositoryUrls)))
      return refuse(context.env, "the secret that signed it may not speak for this repository");
    return answer(delivery, accept, deps);
  });
  app.all("/webhooks/github", () =>
    problemResponse({ status: 405, code: "METHOD_NOT_ALLOWED", message: "deliveries come by POST" }, { allow: "POST" }),
  );
  return app;
}

async function answer(
  delivery: GithubDelivery,
  accept: (key: string, push: Push) => ReturnType<typeof acceptInTime>,
  { log, metrics }: WebhooksDeps,
): Promise<Response> {
  const outcome = (
    name: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
    status: 200 | 202,
  ): Response => {
    metrics.count("lateen_webhooks_received_total", { provider: "github", outcome: name });
    log.info("webhook received", { provider: "github", outcome: name, ...fields });
    return Response.json({ outcome: name, message }, { status });
  };
  if (delivery.type === "ping") return outcome("ping", {}, "lateen hears you", 200);
  if (delivery.type === "ignored") return outcome("ignored", { reason: delivery.reason }, delivery.reason, 202);
  const { push } = delivery;
  const { repositoryUrls, ref, after, deliveryId } = push;
  const accepted = await accept(JSON.stringify([repositoryUrls, ref]), push);
  if ("failed" in accepted) {
    metrics.count("lateen_webhooks_received_total", { provider: "github", outcome: "failed" });
    log.error("push not stored", { repository: repositoryUrls[0], ref, deliveryId, error: accepted.failed });
    return problemResponse(
      {
        status: 503,
        code: "PUSH_NOT_STORED",
        message: "the push could not be stored",
        hint: "redeliver it, or wait for the next sync period",
      },
      { "retry-after": "10" },
    );
  }
  const { apps } = accepted;
  const fields = { repository: repositoryUrls[0], ref, after, deliveryId, apps };
  if (apps.length === 0) return outcome("unknown", fields, "no App fetches this repository and ref", 202);
  const count = apps.length === 1 ? "1 App fetches" : `${apps.length} Apps fetch`;
  return outcome("accepted", fields, `${count} this repository and ref`, 202);
}

/** Never rejects: the answer of a shared call goes to several deliveries. */
async function acceptInTime(
  push: Push,
  { acceptPush, clock }: WebhooksDeps,
  timeoutMs: number,
): Promise<{ readonly apps: readonly string[] } | { readonly failed: unknown }> {
  const stop = new AbortController();
  const late = async (): Promise<never> => {
    await clock.sleep(timeoutMs, stop.signal);
    throw new Error(`the store took longer than ${timeoutMs} ms`);
  };
  try {
    return await Promise.race([acceptPush(push, { signal: stop.signal }), late()]);
  } catch (error) {
    return { failed: error };
  } finally {
    stop.abort();
  }
}

function checkAtStart(secrets: readonly WebhookSecret[], log: Log): void {
  const { faults, warnings } = checkWebhookSecrets(secrets);
  if (faults.length > 0) throw new Error(faults.join("; "));
  for (const warning of warnings) log.warn("weak webhook secret", { warning });
  if (secrets.length === 0) log.warn("no webhook secret is configured, every delivery will be refused");
}

/** The same bytes whatever was wrong (B1). */
function unauthorized(): Response {
  return problemResponse({
    status: 401,
    code: "SIGNATURE_REFUSED",
    message: "the delivery is not signed with a secret that lateen knows",
    hint: "the secret of the webhook at the forge and a webhook secret of lateen must be equal; X-Hub-Signature-256 is needed",
  });
}

function bodyRefused(refused: "too large" | "too slow" | "cut off", limits: WebhookLimits): Response {
  // The rest of the body is not wanted: the connection cannot be used again.
  const close = { connection: "close" };
  if (refused === "too large") {
    const message = `the body is larger than ${limits.maxBodyBytes} bytes`;
    return problemResponse(
      { status: 413, code: "BODY_TOO_LARGE", message, hint: "the next sync finds the push" },
      close,
    );
  }
  const message = `the body did not arrive within ${limits.bodyTimeoutMs} ms`;
  return problemResponse({ status: 408, code: "BODY_TOO_SLOW", message }, close);
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    // Keeping the byte order mark keeps the text as good as the bytes for the signature; JSON then refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function deliveryIdOf(header: string | null, bytes: Uint8Array): string {
  if (header !== null && header !== "" && header.length <= maxDeliveryIdLength) return header;
  return createHash("sha256")
    .update(header ?? "")
    .update(bytes)
    .digest("hex");
}
