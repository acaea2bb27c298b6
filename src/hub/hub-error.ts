import { type Json, own } from "../resource/index.ts";

/** The hub refused or could not do a write of the program itself. */
export class HubError extends Error {
  readonly retryable: boolean;
  /** HTTP status of the API's answer, where there was one. */
  readonly status: number | undefined;

  constructor(message: string, options: { readonly retryable: boolean; readonly status?: number }) {
    super(message);
    this.name = "HubError";
    this.retryable = options.retryable;
    this.status = options.status;
  }

  /** From the API's `Status` answer. */
  static fromStatus(answer: Json, subject: string): HubError {
    const message = own(answer, "message");
    const code = own(answer, "code");
    const status = typeof code === "number" ? code : 500;
    return new HubError(`${subject}: ${typeof message === "string" ? message : "no answer"}`, {
      retryable: status >= 500 || status === 409 || status === 429,
      status,
    });
  }
}
