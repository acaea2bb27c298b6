export { overlayDocuments, type OverlayOptions, overlayValue } from "./apply.ts";
export { overlayModule } from "./module.ts";
export { annotateForPlainMerge } from "./plain-merge.ts";
