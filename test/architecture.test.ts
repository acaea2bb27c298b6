import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** docs/architecture.md is the law; this test reads it and every import of src/. */
const root = fileURLToPath(new URL("..", import.meta.url));

interface Room {
  readonly mayImport: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}
interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  /** `import type …`: gone before anything runs. */
  readonly isTypeOnly: boolean;
}

const rooms = readTable();
const files = globSync("src/**/*.ts", { cwd: root })
  .map((path) => path.replaceAll("\\", "/"))
  .sort();
const imports = files.flatMap(readImports);

test("every file of src/ lives in a room of the table", () => {
  assert.deepEqual(
    files.filter((file) => roomOf(file) === undefined),
    [],
  );
});

test("rooms import along the table only, and only doors", () => {
  const wrong = imports.filter(isRelative).flatMap(({ from, line, specifier }) => {
    const target = normalize(join(dirname(from), specifier));
    const [source, aim] = [roomOf(from), roomOf(target)];
    if (source === undefined || source === aim) return [];
    if (aim === undefined) return [`${from}:${line} leaves src/: ${specifier}`];
    if (rooms.get(source)?.mayImport.has(aim) !== true) return [`${from}:${line} ${source} may not import ${aim}`];
    return target === `src/${aim}/index.ts`
      ? []
      : [`${from}:${line} imports ${target}: only src/${aim}/index.ts is a door`];
  });
  assert.deepEqual(wrong, []);
});

test("outside packages keep to their rooms", () => {
  const wrong = imports
    .filter((found) => !isRelative(found) && !found.specifier.startsWith("node:"))
    .flatMap(({ from, line, specifier }) => {
      const name = packageOf(specifier);
      const room = roomOf(from);
      return room !== undefined && rooms.get(room)?.packages.has(name) === true
        ? []
        : [`${from}:${line} ${room} may not use ${name}`];
    });
  assert.deepEqual(wrong, []);
});

test("the table names no outside package that its room does not use", () => {
  const used = new Set(imports.map(({ from, specifier }) => `${roomOf(from)} ${packageOf(specifier)}`));
  const idle = [...rooms].flatMap(([room, { packages }]) => [...packages].map((name) => `${room} ${name}`));
  assert.deepEqual(
    idle.filter((pair) => !used.has(pair)),
    [],
  );
});

test("pure rooms use no module of Node that reaches the world", () => {
  const pure = /^src\/(git\/wire|git\/pack|resource|app|template|deploy)\//;
  const harmless = new Set(["node:buffer", "node:crypto", "node:util", "node:zlib", "node:path", "node:path/posix"]);
  const wrong = imports.filter(
    ({ from, specifier }) => pure.test(from) && specifier.startsWith("node:") && !harmless.has(specifier),
  );
  assert.deepEqual(wrong, []);
});

test("no room imports itself through others", () => {
  assert.deepEqual(
    cycles([...rooms.keys()], (room) => [...(rooms.get(room)?.mayImport ?? [])]),
    [],
  );
});

test("no file imports itself through others", () => {
  const lasting = imports.filter((found) => isRelative(found) && !found.isTypeOnly);
  const byFile = Map.groupBy(lasting, ({ from }) => from);
  const targets = (file: string): string[] =>
    (byFile.get(file) ?? []).map(({ specifier }) => normalize(join(dirname(file), specifier)));
  assert.deepEqual(cycles(files, targets), []);
});

test("the table has a row for each room that exists, and no other", () => {
  const existing = new Set(files.map((file) => roomOf(file)));
  assert.deepEqual(
    [...rooms.keys()].filter((room) => !existing.has(room)),
    [],
  );
});

function readTable(): ReadonlyMap<string, Room> {
  const text = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z/]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)];
  const names = rows.map(([, name = ""]) => name);
  const words = (cell: string): string[] =>
    cell
      .trim()
      .split(/\s+/)
      .filter((word) => word !== "–");
  return new Map(
    rows.map(([, name = "", mayImport = "", packages = ""]) => [
      name,
      {
        mayImport: new Set(
          mayImport.trim() === "any" ? names.filter((other) => other !== "cli" && other !== name) : words(mayImport),
        ),
        packages: new Set(words(packages)),
      },
    ]),
  );
}

/** Longest room name that the path lies in: `adapters/aws` before `adapters`. */
function roomOf(path: string): string | undefined {
  const inside = path.replace(/^src\//, "");
  return [...rooms.keys()].filter((room) => inside.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0];
}

function readImports(from: string): Import[] {
  const text = readFileSync(join(root, from), "utf8");
  const statements = /^(?:import|export)\s(?:[^;"'`]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statements)].map((match) => ({
    from,
    line: text.slice(0, match.index).split("\n").length,
    specifier: match[1] ?? match[2] ?? "",
    isTypeOnly: /^(?:import|export) type\b/.test(match[0]),
  }));
}

/** `undici/types` is undici, `@a/b/c` is `@a/b`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function isRelative({ specifier }: Import): boolean {
  return specifier.startsWith(".");
}

/** Every circle once, as `a → b → a`. */
function cycles(nodes: readonly string[], next: (node: string) => readonly string[]): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at !== -1) found.push([...path.slice(at), node].join(" → "));
    if (at !== -1 || finished.has(node)) return;
    for (const target of next(node)) visit(target, [...path, node]);
    finished.add(node);
  };
  for (const node of nodes) visit(node, []);
  return found;
}
