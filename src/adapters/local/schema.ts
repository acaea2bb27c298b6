import type { Connection } from "./connection.ts";
import { numberOf, textOf } from "./connection.ts";
import { damaged, StoreError } from "./store-error.ts";

/**
 * Schema steps, applied in order and never changed once released; step n leaves schema version n.
 * Each step only adds (tables, columns with defaults, indexes), so that a process one version older keeps working on the
 * same file during an upgrade (reliability.md F7).
 */
const steps: readonly string[] = [
  `
  CREATE TABLE rows (
    key TEXT PRIMARY KEY,
    wanted INTEGER NOT NULL,
    done INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    holder TEXT,
    lease_until INTEGER,
    lease_wanted INTEGER,
    next_at INTEGER,
    cause TEXT,
    CHECK (done <= wanted AND (next_at IS NULL) = (done = wanted))
  ) WITHOUT ROWID;
  CREATE INDEX rows_dirty ON rows (next_at, key) WHERE next_at IS NOT NULL;

  CREATE TABLE items (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (pk, sk)
  ) WITHOUT ROWID;
  CREATE INDEX items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    grp TEXT,
    cause TEXT,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receives INTEGER NOT NULL
  );
  CREATE INDEX messages_visible ON messages (queue, visible_at, id);
  CREATE INDEX messages_key ON messages (queue, key);

  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    died_at INTEGER NOT NULL
  );

  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counters (name, value) VALUES ('objectVersion', 0), ('objectsForgotten', 0);

  CREATE TABLE objects (
    type TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_version INTEGER NOT NULL,
    previous TEXT,
    previous_version INTEGER
  );
  CREATE UNIQUE INDEX objects_identity ON objects (type, namespace, name);
  CREATE INDEX objects_version ON objects (type, version);

  CREATE TABLE deleted_objects (
    version INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    created_version INTEGER NOT NULL
  );
  CREATE INDEX deleted_objects_version ON deleted_objects (type, version);
  `,
];

/** How many schema steps ahead of this code a file may be. */
const toleratedAhead = 1;

/**
 * Checks the file and brings its schema up to date. Two processes may do so at once: the steps run in one write transaction.
 * @throws StoreError `STORE_DAMAGED` when SQLite's integrity check finds anything, `STORE_TOO_NEW` for a schema from the future.
 */
export function prepareSchema(connection: Connection, nowMs: number): void {
  checkIntegrity(connection);
  connection.writeNow(() => {
    connection.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)");
    const found = numberOf(
      connection.prepare("SELECT coalesce(max(version), 0) AS version FROM migrations").get(),
      "version",
    );
    if (found > steps.length + toleratedAhead) {
      throw new StoreError(
        { code: "STORE_TOO_NEW", path: connection.path, found, known: steps.length },
        `${connection.path} has schema version ${found}, this lateen knows ${steps.length}: run the newer lateen, or use another data directory`,
      );
    }
    const record = connection.prepare("INSERT INTO migrations (version, applied_at) VALUES (?, ?)");
    for (const [index, step] of steps.entries()) {
      if (index < found) continue;
      connection.exec(step);
      record.run(index + 1, nowMs);
    }
  });
}

function checkIntegrity(connection: Connection): void {
  const report = connection.read(() => connection.prepare("PRAGMA integrity_check(1)").all());
  const verdict = textOf(report[0], "integrity_check");
  if (verdict !== "ok") throw damaged(connection.path, verdict.replaceAll(/\s+/g, " "));
}
