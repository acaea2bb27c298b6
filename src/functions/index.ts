export { type ServerCertificate, serverCertificate } from "./certificate.ts";
export { type ComposeOptions, type Composition, compose } from "./compose.ts";
export { type ConfigSources, type LocalConfig, type ParsedConfig, parseConfig } from "./config.ts";
export { eksLogin } from "./eks-login.ts";
export { type LocalServer, startLocal } from "./local.ts";
export { composeOnce, type Once, type OnceInput } from "./once.ts";
export { type AwsTokensOptions, openAwsTokens } from "./open-tokens.ts";
export { type Setting, settings } from "./settings.ts";
