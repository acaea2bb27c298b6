import type { ObjectChange, ObjectKey, ObjectStore, StoredObject } from "../../kubeapi/index.ts";
import { compareCodePoints } from "../../resource/index.ts";
import { type Connection, numberOf, textOf } from "./connection.ts";

/** Deletions kept for watches; one that is behind a forgotten deletion has to list again. */
const keptDeletions = 10_000;
/** Deletions are cut back once per this many versions. */
const cutEvery = 1_000;

/**
 * Objects in SQLite. There is no log of changes: a watch reads the objects and deletions above its version, so that many
 * writes of one object between two reads come as one change, and the file does not grow with the number of writes.
 */
export function createObjects(connection: Connection): ObjectStore {
  const get = connection.prepare(
    "SELECT * FROM objects WHERE type = :type AND namespace = :namespace AND name = :name",
  );
  const nextVersion = connection.prepare(
    "UPDATE counters SET value = value + 1 WHERE name = 'objectVersion' RETURNING value",
  );
  const create = connection.prepare(`
    INSERT INTO objects (type, namespace, name, value, version, created_version)
    VALUES (:type, :namespace, :name, :value, :version, :version)`);
  const replace = connection.prepare(`
    UPDATE objects SET previous = value, previous_version = version, value = :value, version = :version
    WHERE type = :type AND namespace = :namespace AND name = :name`);
  const remove = connection.prepare(
    "DELETE FROM objects WHERE type = :type AND namespace = :namespace AND name = :name",
  );
  const rememberDeletion = connection.prepare(`
    INSERT INTO deleted_objects (version, type, namespace, name, value, created_version)
    VALUES (:version, :type, :namespace, :name, :value, :createdVersion)`);
  const forgetDeletions = connection.prepare(`
    DELETE FROM deleted_objects
    WHERE version <= (SELECT version FROM deleted_objects ORDER BY version DESC LIMIT 1 OFFSET ${keptDeletions})
    RETURNING version`);
  const setForgotten = connection.prepare("UPDATE counters SET value = max(value, ?) WHERE name = 'objectsForgotten'");
  const counter = connection.prepare("SELECT value FROM counters WHERE name = ?");

  const list = connection.prepare(`
    SELECT * FROM objects WHERE type = :type AND (namespace, name) > (:afterNamespace, :afterName)
    ORDER BY namespace, name LIMIT :limit`);
  const listNamespace = connection.prepare(`
    SELECT * FROM objects WHERE type = :type AND namespace = :namespace AND name > :afterName ORDER BY name LIMIT :limit`);

  const changes = connection.prepare(`
    SELECT 0 AS deleted, version, type, namespace, name, value, created_version, iif(previous_version <= :since, previous, NULL) AS previous
      FROM objects WHERE type = :type AND version > :since
    UNION ALL
    SELECT 1, version, type, namespace, name, value, created_version, NULL FROM deleted_objects WHERE type = :type AND version > :since
    ORDER BY version LIMIT :limit`);

  const listeners = new Set<(type: string) => void>();
  const tell = (type: string): void => {
    for (const listener of listeners) listener(type);
  };
  const newVersion = (): number => {
    const version = numberOf(nextVersion.get(), "value");
    if (version % cutEvery === 0) {
      const forgotten = forgetDeletions.all().reduce((newest, row) => Math.max(newest, numberOf(row, "version")), 0);
      setForgotten.run(forgotten);
    }
    return version;
  };
  const current = (key: ObjectKey): StoredObject | undefined => {
    const row = get.get({ type: key.type, namespace: key.namespace, name: key.name });
    return row === undefined ? undefined : objectOf(row);
  };

  return {
    get: async (key) => connection.read(() => current(key)),

    list: async (type, { namespace, after, limit } = {}) =>
      connection.readTogether(() => {
        // One row more than asked for tells whether there are more; a negative LIMIT means none.
        const rows = namespacedRows(type, namespace, after, limit === undefined ? -1 : limit + 1);
        const version = numberOf(counter.get("objectVersion"), "value");
        const more = limit !== undefined && rows.length > limit;
        return { objects: (more ? rows.slice(0, limit) : rows).map(objectOf), more, version };
      }),

    put: async (key, value, ifVersion) => {
      const { type, namespace, name } = key;
      const stored = await connection.write(() => {
        const before = current(key);
        if ((before?.version ?? 0) !== ifVersion) return undefined;
        const version = newVersion();
        (before === undefined ? create : replace).run({ type, namespace, name, value, version });
        return { type, namespace, name, value, version, createdVersion: before?.createdVersion ?? version };
      });
      if (stored !== undefined) tell(type);
      return stored;
    },

    delete: async (key, ifVersion) => {
      const deletedAt = await connection.write(() => {
        const before = current(key);
        if (before === undefined || before.version !== ifVersion) return undefined;
        const version = newVersion();
        const { type, namespace, name, value, createdVersion } = before;
        remove.run({ type, namespace, name });
        rememberDeletion.run({ version, type, namespace, name, value, createdVersion });
        return version;
      });
      if (deletedAt !== undefined) tell(key.type);
      return deletedAt;
    },

    changes: async (type, since, limit) =>
      connection.readTogether(() => {
        const newest = numberOf(counter.get("objectVersion"), "value");
        if (since > newest || since < numberOf(counter.get("objectsForgotten"), "value")) return undefined;
        const rows = changes.all({ type, since, limit: limit + 1 });
        const page = rows.slice(0, limit).map(changeOf);
        return {
          changes: page,
          version: rows.length > limit ? (page.at(-1)?.object.version ?? since) : newest,
        };
      }),

    version: async () => connection.read(() => numberOf(counter.get("objectVersion"), "value")),

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function namespacedRows(
    type: string,
    namespace: string | undefined,
    after: { readonly namespace: string; readonly name: string } | undefined,
    limit: number,
  ): readonly Row[] {
    if (namespace === undefined) {
      return list.all({ type, afterNamespace: after?.namespace ?? "", afterName: after?.name ?? "", limit });
    }
    if (after !== undefined && compareCodePoints(after.namespace, namespace) > 0) return [];
    const afterName = after?.namespace === namespace ? after.name : "";
    return listNamespace.all({ type, namespace, afterName, limit });
  }
}

type Row = Parameters<typeof textOf>[0];

function objectOf(row: Row): StoredObject {
  return {
    type: textOf(row, "type"),
    namespace: textOf(row, "namespace"),
    name: textOf(row, "name"),
    value: textOf(row, "value"),
    version: numberOf(row, "version"),
    createdVersion: numberOf(row, "created_version"),
  };
}

function changeOf(row: Row): ObjectChange {
  const object = objectOf(row);
  if (numberOf(row, "deleted") === 1) return { type: "delete", object };
  return row?.["previous"] === null
    ? { type: "put", object }
    : { type: "put", object, previous: textOf(row, "previous") };
}
