import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/index.ts";
import { assemble, digestOf, findFiles, type ManifestFile, type ManifestSet, readManifest } from "./manifests.ts";

/**
 * How long a file must have kept its form before it is read, and been absent before it counts as gone: editors truncate and
 * write, or delete and create again, and half a file would delete Apps.
 */
const settleMs = 150;
/** Time after a change notice before the folder is read, so that saving many files is one change. */
const debounceMs = 50;

export interface WatchManifestsOptions {
  readonly signal: AbortSignal;
  /** Default: the machine's clock, which must be the one that stamps files. */
  readonly clock?: Clock;
  /** The folder is also read this often, for file systems that give no notices. Default 5,000. */
  readonly rescanMs?: number;
}

/** What is remembered of one file between scans. */
interface Known {
  /** Of the form that was read: modification time, size, inode. `undefined` when none was read yet. */
  readonly signature: string | undefined;
  readonly content: Omit<ManifestFile, "file">;
  readonly missingSince: number | undefined;
}

/**
 * Yields the folder's objects, and again the full set whenever it changed. A file that has a fault, or is being written, keeps
 * what it last said; one that never said anything is listed as unknown.
 * @throws `signal.reason` on abort, the only way it ends.
 */
export async function* watchManifests(
  directory: string,
  options: WatchManifestsOptions,
): AsyncGenerator<ManifestSet, never, void> {
  const { signal, clock = systemClock, rescanMs = 5_000 } = options;
  const known = new Map<string, Known>();
  const notices = new FolderNotices(directory);
  let last: { readonly digest: string; readonly unknown: string } | undefined;
  try {
    for (;;) {
      signal.throwIfAborted();
      const noticed = notices.next();
      const { folders, set, unsettled } = await scan(directory, known, clock.now());
      // What changed in a folder before its notices began is found by one more look.
      const isNewlyWatched = notices.watch(folders);
      const now = { digest: digestOf(set), unknown: set.unknown.join("\n") };
      // A file that is being written is unknown for a moment: no news by itself.
      if (last?.digest !== now.digest || (!unsettled && last.unknown !== now.unknown)) {
        last = now;
        yield set;
      }
      if (await sleepUnless(noticed, unsettled || isNewlyWatched ? settleMs : rescanMs, clock, signal)) {
        await clock.sleep(debounceMs, signal);
      }
    }
  } finally {
    notices.close();
  }
}

async function scan(
  directory: string,
  known: Map<string, Known>,
  now: number,
): Promise<{ readonly folders: readonly string[]; readonly set: ManifestSet; readonly unsettled: boolean }> {
  const { files, folders, faults } = await findFiles(directory);
  let unsettled = false;
  const present = new Set(files);
  for (const file of files) {
    const next = await look(directory, file, known.get(file), now);
    if (next === "gone") present.delete(file);
    else {
      known.set(file, next.known);
      unsettled ||= next.unsettled;
    }
  }
  for (const [file, last] of known) {
    if (present.has(file)) continue;
    // A folder that cannot be read tells nothing about the files in it.
    if (faults.some((fault) => fault.file === "." || file.startsWith(`${fault.file}/`))) continue;
    const missingSince = last.missingSince ?? now;
    if (now - missingSince >= settleMs) known.delete(file);
    else {
      known.set(file, { ...last, missingSince });
      unsettled = true;
    }
  }
  if (present.size === 0 && known.size === 0) return { folders, set: assemble([], faults), unsettled };
  const all = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, { content }]) => ({ file, ...content }));
  return { folders, set: assemble(all, faults), unsettled };
}

async function look(
  directory: string,
  file: string,
  last: Known | undefined,
  now: number,
): Promise<{ readonly known: Known; readonly unsettled: boolean } | "gone"> {
  let signature: string;
  let ageMs: number;
  try {
    const { mtimeMs, size, ino } = await stat(join(directory, file));
    signature = `${mtimeMs} ${size} ${ino}`;
    ageMs = now - mtimeMs;
  } catch {
    return "gone";
  }
  if (last?.signature === signature) return { known: { ...last, missingSince: undefined }, unsettled: false };
  const kept = last?.content ?? { objects: [], faults: [], unknown: true };
  // A time in the future cannot be waited for.
  if (ageMs >= 0 && ageMs < settleMs) {
    return { known: { signature: undefined, content: kept, missingSince: undefined }, unsettled: true };
  }
  const content = await readManifest(directory, file);
  if (content === undefined) return "gone";
  const shown = content.unknown ? { ...kept, faults: content.faults } : content;
  return { known: { signature, content: shown, missingSince: undefined }, unsettled: false };
}

/** Sleeps; `true` when the notice came first. */
async function sleepUnless(noticed: AbortSignal, ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, AbortSignal.any([noticed, signal]));
    return false;
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

/**
 * Notices of the operating system about a set of folders. They only shorten the wait for the next scan: where they cannot be had
 * (network file systems, no watches left), nothing is lost.
 */
class FolderNotices {
  readonly #directory: string;
  readonly #watchers = new Map<string, FSWatcher>();
  #notice = new AbortController();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A signal that fires at the first notice from now on. */
  next(): AbortSignal {
    this.#notice = new AbortController();
    return this.#notice.signal;
  }

  /** Follows exactly these folders; answers whether one was not followed before. */
  watch(folders: readonly string[]): boolean {
    const wanted = new Set(folders);
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    return folders.filter((folder) => !this.#watchers.has(folder) && this.#start(folder)).length > 0;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #start(folder: string): boolean {
    try {
      const watcher = watch(join(this.#directory, folder), { persistent: false }, () => this.#notice.abort());
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
      return true;
    } catch {
      // The folder went away since the scan, or the system has no watches left: the next scan comes by the clock.
      return false;
    }
  }
}
