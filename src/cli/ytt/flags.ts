/** ytt's flags, read as its command line reads them: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`. */
import { CommandError } from "../exit-code.ts";

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** `list`: once per use; `commas`: each use is a comma-separated list; `text`: the last use counts. */
  readonly type: "bool" | "text" | "list" | "commas";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export const yttFlags: readonly Flag[] = [
  {
    name: "file",
    short: "f",
    type: "list",
    value: "path",
    help: "file, directory, `-` for standard input, or name=path; may be repeated",
  },
  {
    name: "data-value",
    short: "v",
    type: "list",
    value: "key=text",
    help: "set a data value to a string (a.b=text, @lib:a.b=text); may be repeated",
  },
  { name: "data-value-yaml", type: "list", value: "key=yaml", help: "set a data value, read as YAML; may be repeated" },
  {
    name: "data-value-file",
    type: "list",
    value: "key=path",
    help: "set a data value to the text of a file; may be repeated",
  },
  {
    name: "data-values-file",
    type: "list",
    value: "path",
    help: "set data values from a plain YAML file or directory; may be repeated",
  },
  {
    name: "data-values-env",
    type: "list",
    value: "prefix",
    help: "set data values from variables (PREFIX_a__b is a.b), as strings; may be repeated",
  },
  {
    name: "data-values-env-yaml",
    type: "list",
    value: "prefix",
    help: "set data values from variables, read as YAML; may be repeated",
  },
  { name: "data-values-inspect", type: "bool", help: "print the final data values" },
  {
    name: "data-values-schema-inspect",
    type: "bool",
    help: "print the schema of the data values (with -o openapi-v3)",
  },
  {
    name: "dangerous-data-values-disable-validation",
    type: "bool",
    help: "do not run validations of the final data values",
  },
  {
    name: "output",
    short: "o",
    type: "commas",
    value: "format",
    help: "yaml (default), json, pos, or openapi-v3 for schemas; may be repeated",
  },
  { name: "output-files", type: "text", value: "dir", help: "write files into a directory" },
  {
    name: "dangerous-emptied-output-directory",
    type: "text",
    value: "dir",
    help: "delete a directory, then write files into it",
  },
  {
    name: "file-mark",
    type: "list",
    value: "path:key=value",
    help: "change the path, type or role of files; may be repeated",
  },
  { name: "files-inspect", type: "bool", help: "print the paths of the files that would be processed" },
  { name: "ignore-unknown-comments", type: "bool", help: "skip comments that do not start with #@ or #!" },
  { name: "implicit-map-key-overrides", type: "bool", help: "let a repeated key replace the earlier one" },
  { name: "strict", short: "s", type: "bool", help: "refuse unquoted scalars of more than one possible meaning" },
  {
    name: "allow-symlink-destination",
    type: "commas",
    value: "path",
    help: "follow symbolic links to below this path; may be repeated",
  },
  { name: "dangerous-allow-all-symlink-destinations", type: "bool", help: "follow all symbolic links" },
  { name: "bulk-in", type: "text", value: "json", help: 'files as JSON: {"files":[{"name":…,"data":…}]}' },
  { name: "bulk-out", type: "bool", help: "print the resulting files, or the error, as JSON" },
  { name: "debug", type: "bool", help: "print each template's program on standard error" },
  { name: "help", short: "h", type: "bool", help: "explain" },
  { name: "version", type: "bool", help: "print the version of ytt that is followed" },
];

export interface ParsedFlags {
  readonly words: readonly string[];
  has(name: string): boolean;
  text(name: string): string;
  list(name: string): readonly string[];
}

/** @throws CommandError `unknown flag: --x`, in the words of ytt's command line. */
export function parseFlags(argv: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    if (argument === "--") {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (argument === "-" || !argument.startsWith("-")) {
      words.push(argument);
      continue;
    }
    const { flag, value } = argument.startsWith("--") ? longFlag(argument, flags) : shortFlag(argument, flags);
    if (value !== undefined) add(values, flag, value, argument);
    else if (flag.type === "bool") add(values, flag, "true", argument);
    else {
      const next = argv[++i];
      if (next === undefined) throw new CommandError(`flag needs an argument: ${argument}`);
      add(values, flag, next, argument);
    }
  }
  return {
    words,
    has: (name) => values.get(name)?.at(-1) === "true",
    text: (name) => values.get(name)?.at(-1) ?? "",
    list: (name) => values.get(name) ?? [],
  };
}

interface Found {
  readonly flag: Flag;
  /** `undefined`: in the next argument. */
  readonly value: string | undefined;
}

function longFlag(argument: string, flags: readonly Flag[]): Found {
  const equals = argument.indexOf("=");
  const name = argument.slice(2, equals === -1 ? undefined : equals);
  const flag = flags.find((candidate) => candidate.name === name);
  if (flag === undefined) throw new CommandError(`unknown flag: --${name}`);
  return { flag, value: equals === -1 ? undefined : argument.slice(equals + 1) };
}

function shortFlag(argument: string, flags: readonly Flag[]): Found {
  const letter = argument.slice(1, 2);
  const flag = flags.find((candidate) => candidate.short === letter);
  if (flag === undefined) throw new CommandError(`unknown shorthand flag: '${letter}' in ${argument}`);
  const rest = argument.slice(2);
  if (rest === "") return { flag, value: undefined };
  return { flag, value: rest.startsWith("=") ? rest.slice(1) : rest };
}

function add(values: Map<string, string[]>, flag: Flag, value: string, argument: string): void {
  const given = values.get(flag.name) ?? [];
  values.set(flag.name, given);
  if (flag.type === "bool" && value !== "true" && value !== "false")
    throw new CommandError(
      `invalid argument "${value}" for "${argument}" flag: strconv.ParseBool: parsing "${value}": invalid syntax`,
    );
  if (flag.type === "commas") given.push(...value.split(","));
  else given.push(value);
}
