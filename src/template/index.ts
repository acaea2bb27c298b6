import type { ConfigTools } from "./config-tools.ts";

export type { ConfigTools };
export type { ClusterFacts } from "./downward-api.ts";
export type { ReadReference } from "./inline-files.ts";
export type { TemplateFailure, TemplateResult, TemplateSuccess } from "./result.ts";
export { templateApp, type TemplateDeps, type TemplateOptions } from "./template-app.ts";

/** The engine behind them is loaded when they are asked for. */
export async function loadConfigTools(): Promise<ConfigTools> {
  return (await import("./config-tools.ts")).configTools;
}
