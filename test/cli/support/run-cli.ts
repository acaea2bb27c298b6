import { runCli } from "../../../src/cli/program.ts";

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `lateen ARGS` in this process, without colours, and gathers what it prints. */
export async function cli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    terminal: {
      out: (line) => out.push(`${line}\n`),
      err: (line) => err.push(`${line}\n`),
      write: (bytes) => out.push(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8")),
      paint: (_colour, text) => text,
    },
    environment,
    signal: new AbortController().signal,
  });
  return { code, out: out.join(""), err: err.join("") };
}
