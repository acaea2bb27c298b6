import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/index.ts";
import type { ObjectCache } from "../../git/index.ts";
import type { ObjectStore } from "../../kubeapi/index.ts";
import type { Items, WorkRows } from "../../reconcile/index.ts";
import { Connection } from "./connection.ts";
import { openGitObjects } from "./git-objects.ts";
import { createItems } from "./items.ts";
import { createObjects } from "./objects.ts";
import { createQueue, type LocalQueue } from "./queue.ts";
import { prepareSchema } from "./schema.ts";
import { createWorkRows } from "./work-rows.ts";

const defaultLockTimeoutMs = 5_000;
const defaultGitBytes = 512 * 1024 * 1024;

export interface LocalStoreOptions {
  /** Stamps messages and decides when a delayed one is due. Default: the machine's clock. */
  readonly clock?: Pick<Clock, "now">;
  /** How long one call waits for another process's write, which takes milliseconds, before `STORE_BUSY`. Default 5,000. */
  readonly lockTimeoutMs?: number;
}

/** Everything that lateen keeps on one machine. Several processes may open the same directory. */
export interface LocalStore {
  readonly rows: WorkRows;
  readonly items: Items;
  readonly queue: LocalQueue;
  /** What the hub holds. */
  readonly objects: ObjectStore;
  /**
   * A cache of git objects on disk, in `DIRECTORY/git-objects.db`, opened by the first call; later calls give the same one.
   * @param maxBytes content bytes kept at most. Default 512 MiB.
   */
  gitObjects(maxBytes?: number): ObjectCache;
  /** Commits what is pending and closes the files; calls after it throw `STORE_CLOSED`. */
  close(): void;
}

/**
 * Opens `DIRECTORY/lateen.db`, making both if they are missing (modes 0700 and 0600); `":memory:"` keeps everything in memory.
 *
 * Writes asked for in the same turn of the event loop share one fsync: `Promise.all([rows.want(a), rows.want(b)])` costs one.
 * Rows, items and objects are synced to disk before their promise resolves; wake-ups are not, since the rows tell what is
 * left to do (reliability.md §0.2): a power cut may lose a wake-up, a killed process loses none.
 *
 * @throws StoreError `STORE_DAMAGED`, `STORE_TOO_NEW`, `STORE_IO`, `STORE_BUSY`.
 */
export function openLocalStore(directory: string, options: LocalStoreOptions = {}): LocalStore {
  const { clock = systemClock, lockTimeoutMs = defaultLockTimeoutMs } = options;
  const path = directory === ":memory:" ? directory : createOwnerOnly(directory, "lateen.db");
  const durable = new Connection(path, "full", lockTimeoutMs);
  const opened: { close(): void }[] = [durable];
  try {
    prepareSchema(durable, clock.now());
    const relaxed = directory === ":memory:" ? durable : new Connection(path, "relaxed", lockTimeoutMs);
    opened.push(relaxed);
    let gitObjects: ReturnType<typeof openGitObjects> | undefined;
    return {
      rows: createWorkRows(durable),
      items: createItems(durable),
      queue: createQueue(relaxed, () => clock.now()),
      objects: createObjects(durable),
      gitObjects(maxBytes = defaultGitBytes) {
        if (gitObjects === undefined) {
          const file = directory === ":memory:" ? directory : createOwnerOnly(directory, "git-objects.db");
          gitObjects = openGitObjects(file, maxBytes, () => clock.now());
          opened.push(gitObjects);
        }
        return gitObjects.cache;
      },
      close: () => closeAll(opened),
    };
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

/** The path of `file` in `directory`. SQLite gives its -wal and -shm files the mode of the database, so making that one owner-only is enough. */
function createOwnerOnly(directory: string, file: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, file);
  // Never open and close a file that this process may already use as a database: closing any descriptor of a file drops
  // all POSIX locks that the process holds on it, SQLite's too.
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, "a", 0o600));
  return path;
}

function closeAll(opened: readonly { close(): void }[]): void {
  for (const each of opened) each.close();
}
