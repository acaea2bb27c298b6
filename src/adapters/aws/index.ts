export { type AwsApi, type AwsApiOptions, type AwsService, createAwsApi } from "./aws-api.ts";
export { AwsError } from "./aws-error.ts";
export { type AwsStore, openAwsStore } from "./aws-store.ts";
export { createEmfMetrics, type EmfMetrics, type EmfOptions, emfNames } from "./emf-metrics.ts";
export { createHookSecrets, type HookSecretsOptions } from "./hook-secrets.ts";
export { environmentCredentials } from "./environment-credentials.ts";
export { SecretsError } from "./secrets-error.ts";
export { signedSecretsCall } from "./secrets-manager-call.ts";
export { sdkSecretsCall } from "./secrets-manager-sdk.ts";
export { createSecretsManagerVault, type SecretsManagerVaultOptions } from "./secrets-manager-vault.ts";
export {
  createSqsWakeUps,
  maxSqsDelayMs,
  readSqsMessage,
  type SqsQueueName,
  type SqsWakeUp,
  type SqsWakeUpsOptions,
} from "./sqs-wake-ups.ts";
export { createStsCredentials, type StsCredentialsOptions, StsError } from "./sts-credentials.ts";
