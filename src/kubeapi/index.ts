export {
  alreadyExists,
  ApiError,
  badRequest,
  type FieldFault,
  forbidden,
  forbiddenField,
  invalidValue,
  notFound,
  required,
  unsupportedValue,
} from "./api-error.ts";
export { createKubeApi, type KubeApi, type KubeApiOptions } from "./kube-api.ts";
export { createMemoryObjectStore } from "./memory-object-store.ts";
export type { ObjectChange, ObjectKey, ObjectPage, ObjectStore, StoredObject } from "./object-store.ts";
export type { TypeRegistry } from "./registry.ts";
export type { ApiLimits } from "./request-context.ts";
export { openSchema } from "./schema.ts";
export type {
  Attributes,
  Caller,
  HookContext,
  PrinterColumn,
  Schema,
  Sealed,
  ServedType,
  ServedVersion,
  StoredChange,
  TypeHooks,
  Verb,
} from "./served-type.ts";
export { ageColumn } from "./table.ts";
