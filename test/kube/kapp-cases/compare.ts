/** Compares a step's answer and state with what was recorded. Every difference is one line. */
import type { ChangeRow, ExpectedState, ExpectedStep } from "./case-file.ts";

type Plain = Record<string, unknown>;

export function compareStep(actual: ExpectedStep, expected: ExpectedStep): string[] {
  // What the API server says is its own text and may change with its version: only what stands before it is compared.
  const upToServer = (lines: readonly string[]): string[] => {
    const kept = lines
      .map((line) => line.trimEnd().replace(/(API server says:?).*/s, "$1"))
      .filter((line) => line !== "");
    const first = kept.findIndex((line) => line.includes("API server says"));
    const own = kept.filter(
      (line, index) => first === -1 || line.includes("API server says") || (index <= first && !line.startsWith("  - ")),
    );
    return own.some((line) => line.startsWith("  - ")) ? own.sort() : own;
  };
  const sorted = (lines: readonly string[]): string[] => [...lines].sort();
  const asSet = (lines: readonly string[]): string[] => [...new Set(lines)].sort();
  return [
    ...differences("exit", actual.exit, expected.exit),
    ...differences(
      "errorLines",
      upToServer(actual.errorLines.filter(isOfKapp).map(withoutPlace)),
      upToServer(expected.errorLines),
    ),
    ...differences("changes", inFixedOrder(actual.changes), inFixedOrder(expected.changes)),
    ...differences("summary", actual.summary, expected.summary),
    ...differences("applyOrder", actual.applyOrder.map(sorted), expected.applyOrder.map(sorted)),
    ...differences("waitLines", asSet(actual.waitLines), asSet(expected.waitLines)),
    ...differences(
      "retryLines",
      sorted(actual.retryLines.filter(isNoLag)),
      sorted(expected.retryLines.filter(isNoLag)),
    ),
    ...differences("otherLines", sorted(actual.otherLines), sorted(expected.otherLines)),
  ];
}

/** lateen adds what it knows of Pods behind kapp's text. */
function isOfKapp(line: string): boolean {
  return !line.startsWith("lateen: ");
}

/** Where a fault of a file is, which kapp does not say. */
function withoutPlace(line: string): string {
  return line.replace(/ \(hint: in [^()]*\)$/, "");
}

/**
 * An API server serves a type some moments after its CRD is established; who comes in between tries again. kapp is seldom quick enough to. That the
 * CRD was waited for at all is seen in the order of changes and in the lines of the waits.
 */
function isNoLag(line: string): boolean {
  return !line.startsWith("Retryable error: Expected to find type for resource:");
}

/** Rows with generated names stand in an order of chance. */
function inFixedOrder(rows: ExpectedStep["changes"]): ExpectedStep["changes"] {
  if (rows === null || !rows.some(({ name }) => /-(RAND|RSHASH)\b/.test(name))) return rows;
  const key = ({ namespace, name, kind }: ChangeRow): string => `${namespace}/${kind}/${name}`;
  return [...rows].sort((a, b) => key(a).localeCompare(key(b)));
}

export function compareState(actual: ExpectedState, expected: ExpectedState): string[] {
  const keyed = (state: ExpectedState): Record<string, unknown> =>
    Object.fromEntries(
      state.objects.map(({ object, sinceStep }) => [keyOf(object), { ...withoutCopies(object), sinceStep }]),
    );
  const named = (entries: readonly Plain[]): Record<string, unknown> =>
    Object.fromEntries(entries.map((entry) => [`${String(entry["namespace"])}/${String(entry["name"])}`, entry]));
  return [
    ...differences("records", named(actual.appRecords), named(expected.appRecords)),
    ...differences("appChanges", actual.appChanges, expected.appChanges),
    ...differences("objects", keyed(actual), keyed(expected)),
  ];
}

/** Blocks `@@ … @@` with their lines; of deletes only the head. */
export function compareDiff(actual: string, expected: string): string[] {
  const blocks = (text: string): Record<string, string[]> => {
    const out: Record<string, string[]> = {};
    let current: string[] = [];
    for (const line of text.split("\n")) {
      if (line.startsWith("@@ ")) {
        current = [];
        out[line] = current;
      } else if (line.trim() !== "") current.push(line.trimEnd());
    }
    for (const key of Object.keys(out)) if (/^@@ (delete|noop)/.test(key) || / @@$/.test(key) === false) out[key] = [];
    return out;
  };
  return differences("diff", blocks(actual), blocks(expected));
}

function keyOf(object: Plain): string {
  const metadata = (object["metadata"] ?? {}) as Plain;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return `${text(object["apiVersion"])} ${text(object["kind"])} ${text(metadata["namespace"])}/${text(metadata["name"])}`;
}

/** lateen keeps no copy of a Secret's data in its annotations. */
function withoutCopies(object: Plain): Plain {
  if (object["kind"] !== "Secret") return object;
  const metadata = { ...((object["metadata"] ?? {}) as Plain) };
  const annotations = { ...((metadata["annotations"] ?? {}) as Plain) };
  delete annotations["kapp.k14s.io/original"];
  delete annotations["kapp.k14s.io/original-diff-md5"];
  metadata["annotations"] = annotations;
  return { ...object, metadata };
}

function differences(path: string, actual: unknown, expected: unknown): string[] {
  if (expected === "NONDETERMINISTIC" || expected === "NODEPORT") return [];
  if (isPlain(actual) && isPlain(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    return [...keys].sort().flatMap((key) => differences(`${path}.${key}`, actual[key], expected[key]));
  }
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length) {
    return actual.flatMap((item, index) => differences(`${path}[${index}]`, item, expected[index]));
  }
  if (Object.is(actual, expected)) return [];
  return [`${path}: got ${show(actual)}, recorded ${show(expected)}`];
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
