import type { MutableJsonMap } from "../resource/index.ts";

/** Machine-readable class of a failure, as in a Kubernetes `Status`. */
export type StatusReason =
  | "AlreadyExists"
  | "BadRequest"
  | "Conflict"
  | "Expired"
  | "Forbidden"
  | "InternalError"
  | "Invalid"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "NotFound"
  | "RequestEntityTooLarge"
  | "Timeout"
  | "TooManyRequests"
  | "Unauthorized"
  | "UnsupportedMediaType";

const codes: Record<StatusReason, number> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
};

/** One fault of an object, at a field. */
export interface FieldFault {
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTypeInvalid"
    | "FieldValueTooLong"
    | "FieldValueDuplicate"
    | "FieldManagerConflict";
  readonly field: string;
  readonly message: string;
}

/** What a failure is about, for `Status.details`. */
export interface Subject {
  readonly group: string;
  /** Plural resource name, or the kind where a validation failed. */
  readonly resource: string;
  readonly name?: string;
}

export interface ApiErrorOptions {
  readonly subject?: Subject;
  readonly uid?: string;
  readonly causes?: readonly FieldFault[];
  readonly retryAfterSeconds?: number;
}

/** A request was refused. `message` and the Status made of it follow kube-apiserver, whose texts clients show and sometimes match. */
export class ApiError extends Error {
  readonly reason: StatusReason;
  readonly options: ApiErrorOptions;

  constructor(reason: StatusReason, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.name = "ApiError";
    this.reason = reason;
    this.options = options;
  }

  get code(): number {
    return codes[this.reason];
  }

  /** The `Status` object that answers the request. */
  toStatus(): MutableJsonMap {
    const { subject, uid, causes, retryAfterSeconds } = this.options;
    const details: MutableJsonMap = {
      ...(subject?.name !== undefined && { name: subject.name }),
      ...(subject !== undefined && subject.group !== "" && { group: subject.group }),
      ...(subject !== undefined && { kind: subject.resource }),
      ...(uid !== undefined && { uid }),
      ...(causes !== undefined && { causes: causes.map((cause) => ({ ...cause })) }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(Object.keys(details).length > 0 && { details }),
      code: this.code,
    };
  }
}

/** `apps.kappctrl.k14s.io`, `configmaps`. */
const qualify = (subject: Subject): string =>
  subject.group === "" ? subject.resource : `${subject.resource}.${subject.group}`;

const quoted = (subject: Subject): string => `${qualify(subject)} ${JSON.stringify(subject.name ?? "")}`;

export const notFound = (subject: Subject): ApiError =>
  new ApiError("NotFound", `${quoted(subject)} not found`, { subject });

/** The path names nothing that is served. `hint` tells what is. */
export const unknownPath = (hint?: string): ApiError =>
  new ApiError(
    "NotFound",
    `the server could not find the requested resource${hint === undefined ? "" : `: ${hint}`}`,
    {},
  );

export const alreadyExists = (subject: Subject): ApiError =>
  new ApiError("AlreadyExists", `${quoted(subject)} already exists`, { subject });

export const conflict = (subject: Subject, message: string): ApiError =>
  new ApiError("Conflict", `Operation cannot be fulfilled on ${quoted(subject)}: ${message}`, { subject });

/** The answer to a write with an outdated resourceVersion. */
export const staleObject = (subject: Subject): ApiError =>
  conflict(subject, "the object has been modified; please apply your changes to the latest version and try again");

export const badRequest = (message: string): ApiError => new ApiError("BadRequest", message);

export const forbidden = (subject: Subject, message: string): ApiError =>
  new ApiError(
    "Forbidden",
    subject.name === undefined
      ? `${qualify(subject)} is forbidden: ${message}`
      : `${quoted(subject)} is forbidden: ${message}`,
    { subject },
  );

/** The object itself is at fault. `subject.resource` is its kind here, as in kube-apiserver. */
export function invalid(subject: Subject, faults: readonly FieldFault[]): ApiError {
  const texts = [...new Set(faults.map((fault) => `${fault.field}: ${fault.message}`))];
  const list = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
  return new ApiError("Invalid", `${quoted(subject)} is invalid${list === "" ? "" : `: ${list}`}`, {
    subject,
    causes: faults,
  });
}

export const required = (field: string, detail = ""): FieldFault => ({
  reason: "FieldValueRequired",
  field,
  message: detail === "" ? "Required value" : `Required value: ${detail}`,
});

/** `value` is shown: give only what may be seen. */
export const invalidValue = (field: string, value: unknown, detail: string): FieldFault => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${showValue(value)}: ${detail}`,
});

export const unsupportedValue = (field: string, value: unknown, supported: readonly string[]): FieldFault => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${showValue(value)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(", ")}`,
});

export const forbiddenField = (field: string, detail: string): FieldFault => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${detail}`,
});

export const tooLong = (field: string, maxBytes: number): FieldFault => ({
  reason: "FieldValueTooLong",
  field,
  message: `Too long: may not be more than ${maxBytes} bytes`,
});

/** Long values would turn the message into a copy of the request. */
const maxShownValue = 256;

function showValue(value: unknown): string {
  const text = typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? "null");
  return text.length > maxShownValue ? `${text.slice(0, maxShownValue)}…` : text;
}
