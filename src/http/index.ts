export type {
  Accepted,
  Detached,
  Plan,
  ProblemBody,
  ProgressLine,
  RunSummary,
  SyncStarted,
} from "./by-hand/contract.ts";
export { type ByHandDeps, createByHand } from "./by-hand/create-by-hand.ts";
export { describeProgress } from "./by-hand/describe-progress.ts";
export type { Caller } from "./by-hand/route.ts";
export type { ByHandActions } from "./by-hand/actions.ts";
export { createHttp, type HttpParts, type RequestAnswerer } from "./create-http.ts";
export type { EdgeEnv } from "./edge.ts";
export { createHealth, createMetricsRoute, type HealthDeps } from "./health.ts";
export { createPrometheusMetrics, type PrometheusMetrics } from "./metrics.ts";
export { type HttpServer, type ServeOptions, serveHttp } from "./serve-http.ts";
export { createWebhooks, type WebhookLimits, type WebhooksDeps } from "./webhooks/create-webhooks.ts";
export { checkWebhookSecrets, type WebhookSecret } from "./webhooks/webhook-secret.ts";
