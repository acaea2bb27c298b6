import { type App, type AppStatus, appStatusJson } from "../app/index.ts";
import { redactDeep } from "../base/index.ts";
import { equalJson, type KubeObject } from "../resource/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import { ownWords } from "./hide-secret.ts";

/** While a run goes on the status is written at most this often. */
const writeEveryMs = 1_000;

/** Holds the status of the App in hand and writes it, in order and without slowing the run. */
export interface StatusWriter {
  readonly current: AppStatus;
  /** Changes the status; written at once when `show`, else with the next write. */
  update(next: AppStatus, options?: { readonly show?: boolean }): void;
  /** Output that keeps growing: `next` is called, and the status written, now and then. */
  progress(next: () => AppStatus): void;
  /** Waits until the current status is stored. A status that could not be written does not fail the run: the next run writes it. */
  settle(): Promise<void>;
}

export function createStatusWriter(app: App, deps: ReconcileDeps): StatusWriter {
  let current = app.status;
  let written: KubeObject = appStatusJson(app.status);
  // A run that is over within the second shows its result only.
  let writtenAt = deps.clock.now();
  let writing: Promise<void> = Promise.resolve();
  // Thousands of changes end within a second: tidying the whole output after each would cost more than the changes.
  let progressed: (() => AppStatus) | undefined;

  const latest = (): AppStatus => {
    const pending = progressed;
    progressed = undefined;
    if (pending !== undefined) current = pending();
    return current;
  };
  const write = (): void => {
    const json = redactDeep(deps.redactor, appStatusJson(latest()), ownWords);
    if (equalJson(json, written)) return;
    written = json;
    writtenAt = deps.clock.now();
    writing = writing
      .then(() => deps.apps.updateStatus(app.namespace, app.name, app.uid, json))
      .then(
        () => undefined,
        (error: unknown) => deps.log.warn("status not written", { app: `${app.namespace}/${app.name}`, error }),
      );
  };

  return {
    get current() {
      return latest();
    },
    update(next, options = {}) {
      progressed = undefined;
      current = next;
      if (options.show === true) write();
    },
    progress(next) {
      progressed = next;
      if (deps.clock.now() - writtenAt >= writeEveryMs) write();
    },
    async settle() {
      write();
      await writing;
    },
  };
}
