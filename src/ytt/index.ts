/** ytt: templates in YAML comments, schema, data values, overlays and libraries, without a binary. */
export { type DataValues, type DataValuesFile, splitLibrary, splitPair } from "./data-values/sources.ts";
export { within, YttError } from "./error.ts";
export { formatYaml } from "./format-yaml.ts";
export { documentsAsJson, documentsAsPositions } from "./formats.ts";
export type { InputFile } from "./files/index.ts";
export { stdinName, yttMessages } from "./messages.ts";
export { compileRegex } from "./regex.ts";
export {
  followedYttVersion,
  render,
  type RenderedDocument,
  type RenderedText,
  type RenderError,
  type RenderOptions,
  type RenderResult,
} from "./render.ts";
export type { RenderLimits, TemplateOptions } from "./session.ts";
export { shapeYttError } from "./shape-error.ts";
