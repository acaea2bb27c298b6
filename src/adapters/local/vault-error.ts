/** What went wrong with a Secret kept in files. Never holds a value. */
export type VaultFailure =
  /** Not a name that Kubernetes allows, so no path is made of it. */
  | { readonly code: "VAULT_NAME_INVALID"; readonly namespace: string; readonly name: string }
  /** The file, or a folder above it, may be read or changed by others. */
  | { readonly code: "VAULT_FILE_EXPOSED"; readonly file: string; readonly mode: string }
  /** The file holds neither a Secret nor a kubeconfig, or is too large. */
  | { readonly code: "VAULT_FILE_INVALID"; readonly file: string }
  /** Two files claim to be the same Secret. */
  | { readonly code: "VAULT_AMBIGUOUS"; readonly files: readonly string[] }
  /** Reading or writing failed. */
  | { readonly code: "VAULT_IO"; readonly file: string };

/** Thrown by the file vault; names the file and never a value. */
export class VaultError extends Error {
  readonly failure: VaultFailure;
  readonly retryable: boolean;

  constructor(failure: VaultFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VaultError";
    this.failure = failure;
    this.retryable = failure.code === "VAULT_IO";
  }
}
