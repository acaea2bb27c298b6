/**
 * Flags as the command lines of ytt and kapp read them (Go's pflag): `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`, and
 * several letters in one where all but the last are switches.
 */
import { CommandError } from "./exit-code.ts";

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** `list`: once per use; `commas`: each use is a comma-separated list; `text`: the last use counts. */
  readonly type: "bool" | "text" | "list" | "commas";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface ParsedFlags {
  readonly words: readonly string[];
  /** Each use of a flag with its value, in their order; switches have `true` or `false`. */
  readonly given: readonly (readonly [flag: Flag, value: string])[];
  has(name: string): boolean;
  /** Whether a switch is on, where it is on unless it is turned off. */
  hasUnlessOff(name: string): boolean;
  text(name: string): string;
  list(name: string): readonly string[];
}

/** @throws CommandError `unknown flag: --x`, in the words of Go's command lines. */
export function parseFlags(argv: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const given: (readonly [Flag, string])[] = [];
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
    for (const { flag, value } of argument.startsWith("--")
      ? [longFlag(argument, flags)]
      : shortFlags(argument, flags)) {
      const next = value ?? (flag.type === "bool" ? "true" : argv[++i]);
      if (next === undefined) throw new CommandError(`flag needs an argument: ${argument}`);
      given.push([flag, flag.type === "bool" ? switchValue(flag, next) : next]);
    }
  }
  const valuesOf = (name: string): string[] =>
    given.flatMap(([flag, value]) => (flag.name !== name ? [] : flag.type === "commas" ? value.split(",") : [value]));
  return {
    words,
    given,
    has: (name) => valuesOf(name).at(-1) === "true",
    hasUnlessOff: (name) => valuesOf(name).at(-1) !== "false",
    text: (name) => valuesOf(name).at(-1) ?? "",
    list: valuesOf,
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

function shortFlags(argument: string, flags: readonly Flag[]): Found[] {
  const found: Found[] = [];
  for (let rest = argument.slice(1); rest !== ""; ) {
    const letter = rest.slice(0, 1);
    const flag = flags.find((candidate) => candidate.short === letter);
    if (flag === undefined) throw new CommandError(`unknown shorthand flag: '${letter}' in ${argument}`);
    rest = rest.slice(1);
    if (flag.type === "bool" && !rest.startsWith("=")) {
      found.push({ flag, value: undefined });
      continue;
    }
    found.push({ flag, value: rest === "" ? undefined : rest.replace(/^=/, "") });
    break;
  }
  return found;
}

const switches: ReadonlyMap<string, string> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, "true"] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, "false"] as const),
]);

function switchValue({ name, short }: Flag, value: string): string {
  const known = switches.get(value);
  if (known !== undefined) return known;
  throw new CommandError(
    `invalid argument "${value}" for "${short === undefined ? "" : `-${short}, `}--${name}" flag: strconv.ParseBool: parsing "${value}": invalid syntax`,
  );
}
