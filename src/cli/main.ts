/** Runs the command line of this process; `bin/lateen.js` leads here. */
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { processTerminal } from "./terminal.ts";

enableCompileCache();

const [command, ...rest] = process.argv.slice(2);
const terminal = processTerminal();
// ytt's flags have rules of their own, and a script calls it often: nothing else is loaded for it.
if (command === "ytt" && rest[0] !== "--help" && rest[0] !== "-h") {
  const { runYtt } = await import("./ytt/run.ts");
  process.exitCode = runYtt(rest, { terminal, environment: process.env, readStdin: () => readFileSync(0) });
} else {
  const { runCli } = await import("./program.ts");
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupt.abort(new Error(`ended by ${signal}`)));
  }
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal,
    environment: process.env,
    signal: interrupt.signal,
  });
}
