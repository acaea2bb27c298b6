import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { createWebhooks, type WebhooksDeps } from "../../src/http/index.ts";
import type { Metrics, Push } from "../../src/reconcile/index.ts";

export const secret = "c2f1d7c07cf8f0c6a9f0f3b9f43f3c2e0a1b";

export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A delivery as GitHub sends it, without its signature. */
export function recorded(name: string): Delivery {
  const file = new URL(`../fixtures/github/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Delivery;
}

export function sign(body: string | Uint8Array, key: string = secret): string {
  return `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
}

/** A request to the webhook route, signed unless the headers say otherwise. */
export function deliver(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Request {
  return new Request("http://lateen.test/webhooks/github", {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": "a8f5e5d0-c6b7-11f0-9c1e-3b2a4d5e6f70",
      "x-hub-signature-256": sign(body),
      ...headers,
    },
  });
}

export function deliverRecorded(name: string, key: string = secret): Request {
  const { headers, payload } = recorded(name);
  const body = JSON.stringify(payload);
  return deliver(body, { ...headers, "x-hub-signature-256": sign(body, key) });
}

/** The webhook door with a list of what it accepted. */
export function startWebhooks(overrides: Partial<WebhooksDeps> = {}): {
  readonly app: ReturnType<typeof createWebhooks>;
  readonly accepted: Push[];
  readonly counted: string[];
} {
  const accepted: Push[] = [];
  const counted: string[] = [];
  const metrics: Metrics = {
    count: (name, labels = {}) => counted.push([name, ...Object.values(labels)].join(" ")),
    observe: () => undefined,
  };
  const app = createWebhooks({
    secrets: () => [{ secret }],
    acceptPush: (push) => {
      accepted.push(push);
      return Promise.resolve({ apps: ["team-a/contour"] });
    },
    log: silentLog,
    metrics,
    clock: systemClock,
    limits: { refusedPerSecond: 1_000_000 },
    ...overrides,
  });
  return { app, accepted, counted };
}
