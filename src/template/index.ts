export type { ClusterFacts } from "./downward-api.ts";
export type { ReadReference } from "./inline-files.ts";
export type { TemplateFailure, TemplateResult, TemplateSuccess } from "./result.ts";
export { templateApp, type TemplateDeps, type TemplateOptions } from "./template-app.ts";
