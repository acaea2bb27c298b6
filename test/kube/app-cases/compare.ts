import { isDeepStrictEqual } from "node:util";

/** One difference, by its path. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** All differences between two JSON values, in the order of the expected one's members. */
export function compare(expected: unknown, actual: unknown, path = ""): readonly Difference[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  if (isMap(expected) && isMap(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys.flatMap((key) => compare(expected[key], actual[key], path === "" ? key : `${path}.${key}`));
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item: unknown, index) => compare(item, actual[index], `${path}[${index}]`));
  }
  return [{ path, expected, actual }];
}

/** States are sets: differences by object, whatever their order. */
export function compareStates(expected: readonly unknown[], actual: readonly unknown[]): readonly Difference[] {
  const [left, right] = [byIdentity(expected), byIdentity(actual)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .flatMap((key) => compare(left.get(key), right.get(key), `[${key}]`));
}

/** Differences as text for a failed test. */
export function describeDifferences(differences: readonly Difference[]): string {
  return differences
    .map(({ path, expected, actual }) => `${path}\n  recorded: ${show(expected)}\n  lateen:   ${show(actual)}`)
    .join("\n");
}

function show(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "nothing";
  return value.includes("\n") ? `|\n${value.replaceAll(/^/gm, "    ")}` : JSON.stringify(value);
}

/** Several change records of one App have the same name in a recording: they are told apart by their content. */
function byIdentity(objects: readonly unknown[]): ReadonlyMap<string, unknown> {
  const sorted = objects
    .map((object) => ({ object, text: canonical(object) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  const found = new Map<string, unknown>();
  for (const { object } of sorted) {
    const { kind, metadata } = object as { kind: string; metadata: { name: string; namespace?: string } };
    const key = `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
    let free = key;
    for (let number = 2; found.has(free); number += 1) free = `${key} (${number})`;
    found.set(free, object);
  }
  return found;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
