/** The schema of data values: types, defaults and validations from a document of examples. */
export { Schema } from "./schema.ts";
