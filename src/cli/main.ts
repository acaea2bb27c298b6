/** Runs the command line of this process; `bin/lateen.js` leads here. */
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { processTerminal } from "./terminal.ts";

enableCompileCache();

const [command, ...rest] = process.argv.slice(2);
const terminal = processTerminal();
const interrupt = new AbortController();
const readStdin = (): Uint8Array => readFileSync(0);
const asksForHelp = rest.length === 0 || rest.includes("--help") || rest.includes("-h");
// ytt's and kapp's flags have rules of their own, and scripts call them often: nothing else is loaded for them.
if (command === "ytt" && rest[0] !== "--help" && rest[0] !== "-h") {
  const { runYtt } = await import("./ytt/run.ts");
  process.exitCode = runYtt(rest, { terminal, environment: process.env, readStdin });
} else if (command === "kapp" && !asksForHelp) {
  watchSignals();
  const { runKapp } = await import("./kapp/run.ts");
  process.exitCode = await runKapp(rest, {
    terminal,
    environment: process.env,
    signal: interrupt.signal,
    cwd: process.cwd(),
    serviceAccountFolder: "/var/run/secrets/kubernetes.io/serviceaccount",
    // Absent, not false, where it is none.
    isInteractive: Boolean(process.stdin.isTTY),
    isTty: process.stdout.isTTY,
    hasColours: !process.env["NO_COLOR"],
    readStdin,
    readLine,
  });
} else {
  watchSignals();
  const { runCli } = await import("./program.ts");
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal,
    environment: process.env,
    signal: interrupt.signal,
  });
}

function watchSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupt.abort(new Error(`ended by ${signal}`)));
  }
}

/** The next line of standard input; `undefined` at its end. */
async function readLine(): Promise<string | undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, signal: interrupt.signal });
  for await (const line of lines) return line;
  interrupt.signal.throwIfAborted();
  return undefined;
}
