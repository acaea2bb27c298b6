export { SecretsError } from "./secrets-error.ts";
export { createSecretsManagerVault, type SecretsManagerVaultOptions } from "./secrets-manager-vault.ts";
