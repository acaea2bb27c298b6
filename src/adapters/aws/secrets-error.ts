import { AwsError } from "./aws-error.ts";

/** What went wrong with AWS Secrets Manager. Never holds a value. */
export type SecretsFailure =
  /** Not a name that Kubernetes allows: it could reach another namespace's secrets. */
  | { readonly code: "SECRETS_NAME_INVALID"; readonly namespace: string; readonly name: string }
  /** The secret's text cannot be read as a Secret, or is more than Secrets Manager takes. */
  | { readonly code: "SECRETS_CONTENT_INVALID"; readonly secret: string }
  /** The role may not do this, or may not use the secret's key. */
  | { readonly code: "SECRETS_DENIED"; readonly action: string; readonly secret: string }
  /** Throttled, out of order or out of reach, after all retries. */
  | { readonly code: "SECRETS_UNAVAILABLE"; readonly action: string; readonly secret: string }
  | { readonly code: "SECRETS_FAILED"; readonly action: string; readonly secret: string };

/** Thrown by the Secrets Manager vault; names the action and the secret, never a value. */
export class SecretsError extends Error {
  readonly failure: SecretsFailure;
  readonly retryable: boolean;

  constructor(failure: SecretsFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SecretsError";
    this.failure = failure;
    this.retryable = failure.code === "SECRETS_UNAVAILABLE";
  }
}

/** What Secrets Manager's own errors mean to a caller who handles them. */
export type Obstacle = "absent" | "exists" | "deleted";

/** `undefined` for errors that are failures. */
export function obstacleOf(error: unknown): Obstacle | undefined {
  if (!(error instanceof Error)) return undefined;
  const type = typeOf(error);
  if (type === "ResourceNotFoundException") return "absent";
  if (type === "ResourceExistsException") return "exists";
  // There is no error of its own for a secret in its recovery window: "… because it was marked for deletion", "… already scheduled for deletion".
  if (type === "InvalidRequestException" && /deletion|deleted/i.test(error.message)) return "deleted";
  return undefined;
}

const unavailable = new Set([
  "ThrottlingException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "InternalServiceError",
  "InternalFailure",
  "ServiceUnavailable",
  "TimeoutError",
]);
const denied = new Set([
  "AccessDeniedException",
  "DecryptionFailure",
  "EncryptionFailure",
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "ExpiredTokenException",
  "CredentialsProviderError",
]);

/** Turns an error of either client into a SecretsError. */
export function translateError(error: unknown, action: string, secret: string): SecretsError {
  if (error instanceof SecretsError) return error;
  const name = error instanceof Error ? typeOf(error) : "unknown error";
  const attempted = `AWS Secrets Manager: secretsmanager:${action} on "${secret}"`;
  if (denied.has(name)) {
    // The text names principal, action and resource: what the operator needs, and nothing of the request's content.
    const detail = error instanceof Error ? error.message : "";
    return new SecretsError({ code: "SECRETS_DENIED", action, secret }, `${attempted} was refused: ${name}: ${detail}`);
  }
  if (unavailable.has(name) || isOutOfReach(error)) {
    // The signed client's text names the host and what happened to the connection.
    const reason =
      error instanceof AwsError
        ? error.message
        : error instanceof Error && "code" in error
          ? `${name} ${String(error.code)}`
          : name;
    return new SecretsError({ code: "SECRETS_UNAVAILABLE", action, secret }, `${attempted} failed for now: ${reason}`);
  }
  // Other texts may quote the request, values and all.
  return new SecretsError({ code: "SECRETS_FAILED", action, secret }, `${attempted} failed: ${name}`);
}

/** AWS' own name of the error: the SDK makes it the error's. */
function typeOf(error: Error): string {
  return error instanceof AwsError ? error.code : error.name;
}

/** No answer at all, or one of a server in trouble. */
function isOutOfReach(error: unknown): boolean {
  if (error instanceof AwsError) return error.retryable;
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  // Every error that the SDK throws after sending carries `$metadata`.
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode === undefined || httpStatusCode >= 500 || httpStatusCode === 429;
}
