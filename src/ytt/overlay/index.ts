export { overlayDocuments } from "./apply.ts";
export { overlayModule } from "./module.ts";
export { annotateForPlainMerge } from "./plain-merge.ts";
