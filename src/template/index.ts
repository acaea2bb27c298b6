export type { ReadReference } from "./inline-files.ts";
export type { RenderLimits } from "./plain-ytt.ts";
export type { TemplateFailure, TemplateResult, TemplateSuccess } from "./result.ts";
export { templateApp, type TemplateDeps, type TemplateOptions } from "./template-app.ts";
