import type { AwsService } from "./aws-api.ts";

/** An AWS call that failed for good: after all retries, or with an error that a retry does not mend. Its text holds no value of a request. */
export class AwsError extends Error {
  readonly service: AwsService;
  readonly operation: string;
  /** AWS' own error type such as `ConditionalCheckFailedException`; `NetworkError` or `TimeoutError` when there was no answer. */
  readonly code: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** The same call may work later. */
  readonly retryable: boolean;
  /** Calls made, the first included. Above 1 an earlier one may have taken effect although its answer was lost. */
  readonly tries: number;

  constructor(
    failure: {
      readonly service: AwsService;
      readonly operation: string;
      readonly code: string;
      readonly status?: number;
      readonly retryable?: boolean;
      readonly tries?: number;
    },
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "AwsError";
    this.service = failure.service;
    this.operation = failure.operation;
    this.code = failure.code;
    this.status = failure.status ?? 0;
    this.retryable = failure.retryable ?? false;
    this.tries = failure.tries ?? 1;
  }
}

/** The condition of a write did not hold. */
export function isConditionFailed(error: unknown): error is AwsError {
  return error instanceof AwsError && error.code === "ConditionalCheckFailedException";
}
