import { compareCodePoints, escapeJson } from "../../resource/index.ts";
import {
  type DataValues,
  followedYttVersion,
  formatYaml,
  type InputFile,
  render,
  type RenderOptions,
  shapeYttError,
  splitLibrary,
  splitPair,
  within,
  YttError,
  yttMessages,
} from "../../ytt/index.ts";
import type { CommandContext } from "../command.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { type ParsedFlags, parseFlags } from "../flags.ts";
import { yttFlags } from "./flags.ts";
import { YttInput } from "./input.ts";
import { formatted, outputFiles, outputTypes, type Rendered, writeEmptied, writeInto } from "./output.ts";

export interface YttContext extends Pick<CommandContext, "terminal" | "environment"> {
  readonly readStdin: () => Uint8Array;
}

/** ytt's command line: the same flags, output and messages; exit code 1 on failure. */
export function runYtt(argv: readonly string[], context: YttContext): ExitCode {
  try {
    const flags = parseFlags(argv, yttFlags);
    return run(flags, context);
  } catch (error) {
    if (error instanceof YttError || error instanceof CommandError) return failed(error.message, context);
    throw error;
  }
}

function failed(message: string, { terminal }: YttContext): ExitCode {
  terminal.err(`ytt: Error: ${shapeYttError(message)}`);
  return exitCodes.failed;
}

function run(flags: ParsedFlags, context: YttContext): ExitCode {
  const { terminal } = context;
  const [command, ...extra] = flags.words;
  if (flags.has("version") || command === "version") {
    terminal.out(`ytt version ${followedYttVersion}`);
    return exitCodes.done;
  }
  if (command === "fmt") return format(flags, extra, context);
  if (command !== undefined && command !== "template")
    throw new CommandError(`command 'ytt' does not accept extra arguments '${flags.words.join(", ")}'`);
  if (extra.length > 0)
    throw new CommandError(`command 'ytt template' does not accept extra arguments '${extra.join(", ")}'`);
  if (flags.has("bulk-out")) return bulkOut(flags, context);
  const result = renderWith(flags, context);
  const emptied = flags.text("dangerous-emptied-output-directory");
  const directory = flags.text("output-files");
  if (emptied !== "") writeEmptied(emptied, outputFiles(result), terminal);
  else if (directory !== "") writeInto(directory, outputFiles(result), terminal);
  else {
    terminal.write(formatted(result, outputTypes(flags.list("output")).format));
    if (result.texts.length > 0) terminal.err(yttMessages.nonYamlTemplates);
  }
  return exitCodes.done;
}

function format(flags: ParsedFlags, extra: readonly string[], { terminal, readStdin }: YttContext): ExitCode {
  if (extra.length > 0)
    throw new CommandError(`command 'ytt fmt' does not accept extra arguments '${extra.join(", ")}'`);
  const input = new YttInput({ readStdin, allowedSymlinks: [], allowAllSymlinks: false });
  for (const { path, bytes } of input.files(flags.list("file"))) {
    if (/\.ya?ml$/.test(path))
      terminal.write(formatYaml(new TextDecoder().decode(bytes), { file: "", strict: flags.has("strict") }));
  }
  return exitCodes.done;
}

function renderWith(flags: ParsedFlags, context: YttContext): Rendered {
  const input = new YttInput({
    readStdin: context.readStdin,
    allowedSymlinks: flags.list("allow-symlink-destination"),
    allowAllSymlinks: flags.has("dangerous-allow-all-symlink-destinations"),
  });
  const files = flags.text("bulk-in") === "" ? input.files(flags.list("file")) : bulkFiles(flags.text("bulk-in"));
  const { isOpenApi } = outputTypes(flags.list("output"));
  const inspect = inspection(flags, isOpenApi);
  const options: RenderOptions = {
    fileMarks: flags.list("file-mark"),
    ignoreUnknownComments: flags.has("ignore-unknown-comments"),
    implicitMapKeyOverrides: flags.has("implicit-map-key-overrides"),
    strict: flags.has("strict"),
    skipValidation: flags.has("dangerous-data-values-disable-validation"),
    dataValues: dataValues(flags, input, context),
    print: (line) => context.terminal.err(line),
    ...(inspect === undefined ? {} : { inspect }),
    ...(flags.has("debug") ? { debug: (text) => context.terminal.err(text) } : {}),
    limits: { maxDocuments: 1_000_000, maxOutput: 512 * 1024 * 1024 },
  };
  const result = render(files, options);
  if (!result.ok) throw new YttError(result.error.message);
  if (isOpenApi && inspect !== "data-values-schema" && inspect !== "files")
    throw new YttError(
      "Output type currently only supported for data values schema (i.e. include --data-values-schema-inspect)",
    );
  return result;
}

function inspection(flags: ParsedFlags, isOpenApi: boolean): RenderOptions["inspect"] {
  if (flags.has("files-inspect")) return "files";
  if (flags.has("data-values-schema-inspect")) {
    if (!isOpenApi)
      throw new YttError(
        "Data values schema export only supported in OpenAPI v3 format; specify format with --output=openapi-v3 flag",
      );
    return "data-values-schema";
  }
  return flags.has("data-values-inspect") ? "data-values" : undefined;
}

function dataValues(flags: ParsedFlags, input: YttInput, { environment }: YttContext): DataValues {
  return {
    files: flags.list("data-values-file").map((argument) => ({ argument, files: valuesFiles(argument, input) })),
    env: [
      ...flags.list("data-values-env").map((prefix) => ({ prefix, yaml: false })),
      ...flags.list("data-values-env-yaml").map((prefix) => ({ prefix, yaml: true })),
    ],
    environment: Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
    strings: flags.list("data-value"),
    yaml: flags.list("data-value-yaml"),
    texts: flags.list("data-value-file").map((argument) => textFile(argument, input)),
  };
}

const fileStep = "Extracting data value from file";

function valuesFiles(argument: string, input: YttInput): readonly InputFile[] {
  return within(fileStep, () => {
    const { rest } = splitLibrary(argument);
    return rest === "-" ? input.files([rest]) : within(`Find files '${rest}'`, () => input.files([rest]));
  });
}

function textFile(argument: string, input: YttInput): NonNullable<DataValues["texts"]>[number] {
  return within(fileStep, () => {
    const [key, path] = splitPair(argument, "Expected format key=/file/path");
    const [file, ...others] = within(`Finding file '${path}'`, () => input.files([path]));
    if (file === undefined || others.length > 0)
      throw new YttError(`Expected '${path}' to be a file, but is a directory`);
    return { key, path, bytes: file.bytes };
  });
}

interface BulkFile {
  readonly name: string;
  readonly data: string;
}

function bulkFiles(json: string): readonly InputFile[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new YttError(`Reading --bulk-in: ${error instanceof Error ? error.message : String(error)}`);
  }
  const files = typeof parsed === "object" && parsed !== null && "files" in parsed ? parsed.files : [];
  if (!Array.isArray(files)) throw new YttError("Reading --bulk-in: expected files to be an array");
  return files
    .map((file: Partial<BulkFile>) => ({
      path: String(file.name ?? ""),
      bytes: new TextEncoder().encode(String(file.data ?? "")),
    }))
    .sort((a, b) => compareCodePoints(a.path, b.path));
}

/** Errors are part of the output, so that it always is JSON. */
function bulkOut(flags: ParsedFlags, context: YttContext): ExitCode {
  let output: { readonly files?: readonly BulkFile[]; readonly errors?: string };
  try {
    const files = outputFiles(renderWith(flags, context)).map(({ path, text }) => ({ name: path, data: text }));
    output = files.length === 0 ? {} : { files };
  } catch (error) {
    if (!(error instanceof YttError)) throw error;
    output = { errors: error.message };
  }
  context.terminal.write(escapeJson(JSON.stringify(output)));
  return exitCodes.done;
}
