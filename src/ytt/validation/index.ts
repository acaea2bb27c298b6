/** Rules that data values must pass: the annotations of schemas and data values, and the assertions that programs make. */
export { readValidationAnnotation } from "./annotation.ts";
export {
  assertMax,
  assertMaxLength,
  assertMin,
  assertMinLength,
  assertNotNull,
  assertOneNotNull,
  assertOneOf,
  isSequence,
  wholeNumber,
} from "./rules.ts";
export { validate } from "./validate.ts";
export type { Validation } from "./validation.ts";
