export { createHealth, createMetricsRoute, type HealthDeps } from "./health.ts";
export { createWebhooks, type WebhookLimits, type WebhooksDeps } from "./webhooks/create-webhooks.ts";
export { checkWebhookSecrets, type WebhookSecret } from "./webhooks/webhook-secret.ts";
