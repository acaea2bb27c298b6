/** Nanoseconds of Go's units; `µs` may be spelled with either sign. */
const unitNs: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

/** Largest duration that Go holds (int64 nanoseconds), in milliseconds. */
const maxMs = 9_223_372_036_854;

/** A number and everything up to the next one. */
const piece = /^(\d*\.?\d*)([^.\d]*)/;

/** Parses a Go duration (`1h30m`, `1.5s`, `-2ms`, `0`) to milliseconds; the problem is worded as Go does. */
export function parseGoDuration(text: string): { readonly ms: number } | { readonly problem: string } {
  const invalid = { problem: `time: invalid duration ${JSON.stringify(text)}` };
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return { ms: 0 };
  if (rest === "") return invalid;
  let ms = 0;
  while (rest !== "") {
    const [whole = "", digits = "", unit = ""] = piece.exec(rest) ?? [];
    if (digits === "" || digits === ".") return invalid;
    if (unit === "") return { problem: `time: missing unit in duration ${JSON.stringify(text)}` };
    const ns = unitNs.get(unit);
    if (ns === undefined)
      return { problem: `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` };
    ms += (Number(digits) * ns) / 1e6;
    rest = rest.slice(whole.length);
  }
  return ms > maxMs ? invalid : { ms: sign * ms };
}

/** Prints milliseconds as Go prints a duration: `10m0s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0) return `-${formatGoDuration(-ms)}`;
  const ns = Math.round(ms * 1e6);
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  const wholeSeconds = Math.floor(ms / 1000);
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor(wholeSeconds / 60) % 60;
  const fraction = String(Math.round((ms - wholeSeconds * 1000) * 1e6))
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${wholeSeconds % 60}${fraction === "" ? "" : `.${fraction}`}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
