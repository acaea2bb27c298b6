export { type InputFile, type MarkedFile, typeOfPath } from "./file-kind.ts";
export { markFiles } from "./file-marks.ts";
