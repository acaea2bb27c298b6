import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Servers that live no longer than this process, however it ends: a shell holds the other end of a pipe, and when the pipe closes (by `stop`
 * or because we are gone) it kills them all and removes the data folder.
 */
export interface ProcessGroup {
  /** Starts `command`; its output goes to NAME.log in the data folder. */
  start(name: string, command: string, args: readonly string[]): void;
  /** Fails once a server has ended by itself, with the end of its log. */
  check(): void;
  stop(): Promise<void>;
}

const watchdog = `
trap '' INT TERM HUP
pids=
while read -r pid; do pids="$pids $pid"; done
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null
[ -z "$1" ] && exit 0
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && exit 0; sleep 0.05; done
`;

/** @param options.keep Leave the data folder in place after `stop`, to look at the logs. */
export function createProcessGroup(dir: string, options: { readonly keep: boolean }): ProcessGroup {
  const guard = spawn("sh", ["-c", watchdog, "watchdog", options.keep ? "" : dir], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const running = new Map<string, ChildProcess>();
  const ended: string[] = [];
  guard.unref();
  return {
    start(name, command, args) {
      const log = openSync(join(dir, `${name}.log`), "a");
      const child = spawn(command, args, { stdio: ["ignore", log, log], cwd: dir });
      closeSync(log);
      if (child.pid !== undefined) guard.stdin.write(`${child.pid}\n`);
      child.once("error", () => ended.push(name));
      child.once("exit", () => ended.push(name));
      child.unref();
      running.set(name, child);
    },
    check() {
      const name = ended[0];
      if (name !== undefined) throw new Error(`${name} ended early:\n${tail(join(dir, `${name}.log`))}`);
    },
    async stop() {
      if (guard.exitCode !== null) return;
      for (const child of running.values()) child.removeAllListeners("exit");
      guard.ref();
      guard.stdin.end();
      await once(guard, "exit");
    },
  };
}

function tail(path: string): string {
  return readFileSync(path, "utf8").split("\n").slice(-20).join("\n");
}
