import { runKapp } from "../../../src/cli/kapp/run.ts";

export interface KappResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What was written to standard error, call by call. */
  readonly errorLines: readonly string[];
}

export interface KappSettings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly serviceAccountFolder?: string;
  /** What the person types, line by line; then the end of input. */
  readonly answers?: readonly string[];
  readonly isTty?: boolean;
  readonly hasColours?: boolean;
  /** Called with all that was printed so far. */
  readonly onOut?: (out: string) => void;
  readonly signal?: AbortSignal;
}

/** Runs `lateen kapp ARGS` in this process and gathers what it prints. */
export async function kapp(args: readonly string[], settings: KappSettings = {}): Promise<KappResult> {
  let out = "";
  const errorLines: string[] = [];
  const answers = [...(settings.answers ?? [])];
  const write = (text: string): void => {
    out += text;
    settings.onOut?.(out);
  };
  const code = await runKapp(args, {
    terminal: {
      out: (line) => write(`${line}\n`),
      err: (line) => errorLines.push(line),
      write: (bytes) => write(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8")),
      paint: (_colour, text) => text,
    },
    environment: settings.environment ?? {},
    signal: settings.signal ?? new AbortController().signal,
    cwd: settings.cwd ?? "/",
    serviceAccountFolder: settings.serviceAccountFolder ?? "/nowhere",
    isInteractive: false,
    isTty: settings.isTty ?? false,
    hasColours: settings.hasColours ?? false,
    readStdin: () => new TextEncoder().encode(settings.stdin ?? ""),
    readLine: async () => answers.shift(),
  });
  return { code, out, err: errorLines.map((line) => `${line}\n`).join(""), errorLines };
}
