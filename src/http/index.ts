export type { ProgressLine } from "./by-hand/contract.ts";
export { type ByHandDeps, createByHand } from "./by-hand/create-by-hand.ts";
export type { Caller } from "./by-hand/route.ts";
export { createHttp, type HttpParts, type RequestAnswerer } from "./create-http.ts";
export { createHealth, createMetricsRoute } from "./health.ts";
export {
  answerLambda,
  environmentOf,
  type LambdaHttpEvent,
  type LambdaHttpOptions,
  type LambdaHttpResult,
  requestOfLambda,
} from "./lambda-http.ts";
export { createPrometheusMetrics, type PrometheusMetrics } from "./metrics.ts";
export { problemResponse } from "./problem.ts";
export { type HttpServer, serveHttp } from "./serve-http.ts";
export { createWebhooks, type WebhooksDeps } from "./webhooks/create-webhooks.ts";
export { checkWebhookSecrets, type WebhookSecret } from "./webhooks/webhook-secret.ts";
