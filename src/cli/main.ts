#!/usr/bin/env node
/** The `lateen` command. Sources need Node's own TypeScript and SQLite, so an old Node is told so instead of failing on syntax. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`lateen needs Node 22.19 or newer; this is ${process.versions.node}`);
  process.exitCode = 2;
} else {
  const { processTerminal } = await import("./terminal.ts");
  const { runCli } = await import("./program.ts");
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupt.abort(new Error(`ended by ${signal}`)));
  }
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal: processTerminal(),
    environment: process.env,
    signal: interrupt.signal,
  });
}
