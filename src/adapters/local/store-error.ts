/** What went wrong with the local store. Callers switch on `code`. */
export type StoreFailure =
  /** The database file fails SQLite's own checks. Nothing was read or written. */
  | { readonly code: "STORE_DAMAGED"; readonly path: string }
  /** The file was written by a lateen more than one schema step newer than this one. */
  | { readonly code: "STORE_TOO_NEW"; readonly path: string; readonly found: number; readonly known: number }
  /** Another process held the write lock for longer than the busy timeout. */
  | { readonly code: "STORE_BUSY"; readonly path: string }
  /** No space left on the device; nothing of the failed write is kept. */
  | { readonly code: "STORE_FULL"; readonly path: string }
  /** Reading, writing or syncing the file failed, or it cannot be opened. */
  | { readonly code: "STORE_IO"; readonly path: string }
  | { readonly code: "STORE_CLOSED"; readonly path: string }
  | {
      readonly code: "STORE_ITEM_TOO_LARGE";
      readonly pk: string;
      readonly sk: string;
      readonly bytes: number;
      readonly maxBytes: number;
    }
  /** A statement that should always work did not. */
  | { readonly code: "STORE_INTERNAL"; readonly path: string };

/** Thrown by everything that `openLocalStore` gives out. `retryable`: the same call may work later. */
export class StoreError extends Error {
  readonly failure: StoreFailure;
  readonly retryable: boolean;

  constructor(failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.failure = failure;
    this.retryable = failure.code === "STORE_BUSY" || failure.code === "STORE_FULL" || failure.code === "STORE_IO";
  }
}

/** SQLite's primary result codes that mean something to the operator (sqlite.org/rescode.html). */
const resultCode = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** Turns what `node:sqlite` throws into a StoreError; passes every other error through. */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  if (!("errcode" in error) || typeof error.errcode !== "number") return error;
  // Extended codes carry their primary code in the low byte.
  switch (error.errcode & 0xff) {
    case resultCode.busy:
    case resultCode.locked:
      return new StoreError({ code: "STORE_BUSY", path }, `${path} is locked by another process`, { cause: error });
    case resultCode.full:
      return new StoreError({ code: "STORE_FULL", path }, `no space left for ${path}: nothing was stored`, {
        cause: error,
      });
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return damaged(path, error.message, error);
    case resultCode.ioError:
    case resultCode.cannotOpen:
    case resultCode.readonly:
      return new StoreError({ code: "STORE_IO", path }, `cannot use ${path}: ${error.message}`, { cause: error });
    default:
      return new StoreError({ code: "STORE_INTERNAL", path }, `${path}: ${error.message}`, { cause: error });
  }
}

export function damaged(path: string, detail: string, cause?: unknown): StoreError {
  return new StoreError(
    { code: "STORE_DAMAGED", path },
    `${path} is damaged (${detail}): restore it from a backup, or move it away to start with an empty store; clusters are not touched by either`,
    { cause },
  );
}
