/** Runs the command line of this process; `bin/lateen.js` leads here. */
import { runCli } from "./program.ts";
import { processTerminal } from "./terminal.ts";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interrupt.abort(new Error(`ended by ${signal}`)));
}
process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: process.env,
  signal: interrupt.signal,
});
