export { overlayDocuments } from "./apply.ts";
export { overlayModule } from "./module.ts";
export { annotateForPlainMerge, mergeOrAdd, setOrAdd } from "./plain-merge.ts";
