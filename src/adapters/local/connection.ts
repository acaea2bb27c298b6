import { DatabaseSync, type StatementSync } from "node:sqlite";
import { readRunCause, type RunCause } from "../../reconcile/index.ts";
import { StoreError, translateSqliteError } from "./store-error.ts";

interface PendingWrite {
  /** Runs the statements; afterwards settles the caller's promise once the commit's outcome is known. */
  readonly attempt: () => { readonly commit: () => void; readonly fail: (error: unknown) => void };
  readonly fail: (error: unknown) => void;
}

/**
 * One connection to a SQLite file, with group commit: writes that are asked for in the same turn of the event loop share one
 * transaction and one fsync, and their promises resolve once it is on disk. A write that fails takes back only itself.
 */
export class Connection {
  readonly path: string;
  readonly #database: DatabaseSync;
  #pending: PendingWrite[] = [];

  /** @param durability `full` syncs each commit (survives a power cut); `relaxed` leaves it to the next checkpoint (survives a kill).
   * @param lockTimeoutMs how long one call waits, and blocks this process, for another process's write. */
  constructor(path: string, durability: "full" | "relaxed", lockTimeoutMs: number) {
    this.path = path;
    try {
      this.#database = new DatabaseSync(path, { timeout: lockTimeoutMs });
      try {
        this.#database.exec("PRAGMA journal_mode = WAL");
        // In WAL mode NORMAL may lose acknowledged commits in a power cut (reliability.md F27); FULL does not.
        this.#database.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
      } catch (error) {
        this.#database.close();
        throw error;
      }
    } catch (error) {
      throw translateSqliteError(error, path);
    }
  }

  /** Compiles a statement; do so once per statement. */
  prepare(sql: string): StatementSync {
    return this.#translate(() => this.#database.prepare(sql));
  }

  /** Runs statements that return nothing, outside of any transaction. */
  exec(sql: string): void {
    this.#translate(() => this.#database.exec(sql));
  }

  /** Runs reads; sees everything committed so far, by whichever process. */
  read<Result>(work: () => Result): Result {
    return this.#translate(work);
  }

  /** Runs several reads on one snapshot. */
  readTogether<Result>(work: () => Result): Result {
    return this.#transaction("BEGIN", work);
  }

  /** Runs `work` in a transaction that it may share with other writes of this turn; resolves after the commit. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pending.push({
        attempt: () => {
          const result = work();
          return { commit: () => resolve(result), fail: reject };
        },
        fail: reject,
      });
      if (this.#pending.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  /** Runs `work` in a transaction of its own, now. */
  writeNow<Result>(work: () => Result): Result {
    return this.#transaction("BEGIN IMMEDIATE", work);
  }

  /** Commits what is pending and closes the file. Calling it again does nothing. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.#flush();
    this.#database.close();
  }

  #flush(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    const attempted: ReturnType<PendingWrite["attempt"]>[] = [];
    try {
      this.writeNow(() => {
        for (const write of batch) {
          const outcome = this.#attempt(write, batch.length > 1);
          if (outcome !== undefined) attempted.push(outcome);
        }
      });
    } catch (error) {
      for (const write of batch) write.fail(error);
      return;
    }
    for (const outcome of attempted) outcome.commit();
  }

  /** Runs one write of a batch; its own failure undoes its own statements, a failure of the whole transaction is thrown. */
  #attempt(write: PendingWrite, shared: boolean): ReturnType<PendingWrite["attempt"]> | undefined {
    if (!shared) return write.attempt();
    this.#database.exec("SAVEPOINT one");
    try {
      const outcome = write.attempt();
      this.#database.exec("RELEASE one");
      return outcome;
    } catch (error) {
      // A full disk or an I/O error ends the transaction itself: then nobody's write is stored.
      if (!this.#database.isTransaction) throw error;
      this.#database.exec("ROLLBACK TO one; RELEASE one");
      write.fail(translateSqliteError(error, this.path));
      return undefined;
    }
  }

  #transaction<Result>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => Result): Result {
    return this.#translate(() => {
      this.#database.exec(begin);
      try {
        const result = work();
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #translate<Result>(work: () => Result): Result {
    if (!this.#database.isOpen) {
      const { path } = this;
      throw new StoreError({ code: "STORE_CLOSED", path }, `the local store ${path} is closed`);
    }
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, this.path);
    }
  }
}

type Row = ReturnType<StatementSync["get"]>;

/** A whole number of a result row. @throws StoreError when the column holds something else. */
export function numberOf(row: Row, column: string): number {
  const value = row?.[column];
  if (typeof value === "number") return value;
  throw unexpected(column, value);
}

export function textOf(row: Row, column: string): string {
  const value = row?.[column];
  if (typeof value === "string") return value;
  throw unexpected(column, value);
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (value instanceof Uint8Array) return value;
  throw unexpected(column, value);
}

/** `{ [name]: value }`, or nothing when the column is NULL: for optional properties that must be absent rather than undefined. */
export function optionalNumber<Name extends string>(
  row: Row,
  column: string,
  name: Name,
): { readonly [Key in Name]?: number } {
  // The literal has exactly the key `name`; TypeScript widens computed keys to `string`.
  return row?.[column] === null ? {} : ({ [name]: numberOf(row, column) } as { readonly [Key in Name]?: number });
}

export function optionalText<Name extends string>(
  row: Row,
  column: string,
  name: Name,
): { readonly [Key in Name]?: string } {
  // The literal has exactly the key `name`; TypeScript widens computed keys to `string`.
  return row?.[column] === null ? {} : ({ [name]: textOf(row, column) } as { readonly [Key in Name]?: string });
}

/** `{ cause }` from the column `cause`; `{}` for NULL, and for a cause of a newer lateen. */
export function optionalCause(row: Row): { readonly cause?: RunCause } {
  const cause = readRunCause(row?.["cause"]);
  return cause === undefined ? {} : { cause };
}

function unexpected(column: string, value: unknown): StoreError {
  return new StoreError(
    { code: "STORE_INTERNAL", path: column },
    `column ${column} holds a value of type ${typeof value}`,
  );
}
