/** Thrown for an invocation that did not end with an answer. `type` is Lambda's word for it. */
export class InvocationError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = "InvocationError";
    this.type = type;
  }
}

/** What the runtime says about an error, as bootstrap.mjs writes it. */
export function failureOf(body: string): InvocationError {
  const { errorType, errorMessage } = JSON.parse(body) as { readonly errorType: string; readonly errorMessage: string };
  return new InvocationError(errorType, errorMessage);
}
