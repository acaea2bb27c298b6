export {
  ApiError,
  badRequest,
  conflict,
  type FieldFault,
  forbidden,
  invalidValue,
  invalid,
  notFound,
  type StatusReason,
  type Subject,
} from "./api-error.ts";
export { builtinType, builtinTypes } from "./builtin-types.ts";
export { asJsonRequest } from "./json-request.ts";
export { createKubeApi, type KubeApi, type KubeApiOptions, type ObjectReader } from "./kube-api.ts";
export { createMemoryObjectStore } from "./memory-object-store.ts";
export type { ObjectChange, ObjectKey, ObjectPage, ObjectStore, StoredObject } from "./object-store.ts";
export type { TypeRegistry } from "./registry.ts";
export type { ApiLimits, WatchGate } from "./request-context.ts";
export { parseRequestPath, type RequestTarget, type ResourceTarget } from "./request-path.ts";
export { type ReviewOptions, reviewTypes } from "./review-types.ts";
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
