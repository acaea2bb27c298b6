import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Who else may open connections: the command line goes where its user says, on that user's machine; the AWS adapters go to AWS endpoints
 * that the operator configures. Neither takes an address from an App, a Secret or a repository.
 */
const elsewhere = /^src\/(?:dial|cli|adapters\/aws)\//;

const files = globSync("src/**/*.ts", { cwd: root })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => !elsewhere.test(path))
  .sort()
  .map((path) => ({ path, text: readFileSync(`${root}/${path}`, "utf8") }));

/** What is left of these modules when nothing can be connected with them. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  "node:net": ["isIP", "BlockList", "isIPv4", "isIPv6"],
  "node:tls": ["getCACertificates"],
  "node:http": ["createServer", "STATUS_CODES"],
  "node:https": ["createServer"],
  "node:http2": ["createSecureServer", "createServer"],
  "node:dns": [],
  "node:dns/promises": [],
  "node:dgram": [],
  undici: [],
};

test("nothing outside the dialer imports what opens connections or resolves names (T5)", () => {
  const wrong = files.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:import|export)\s([^;"'`]*?)\sfrom\s"([^"]+)"/gm)].flatMap(
      ([, what = "", specifier = ""]) => {
        const allowed = harmless[specifier] ?? (specifier.startsWith("undici/") ? [] : undefined);
        if (allowed === undefined || what.startsWith("type ")) return [];
        return valuesOf(what)
          .filter((name) => !allowed.includes(name))
          .map((name) => `${path} imports ${name} from ${specifier}`);
      },
    ),
  );
  assert.deepEqual(wrong, []);
});

test("nothing outside the dialer loads such a module by a call", () => {
  const wrong = files.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:import|require)\("((?:node:)?[^"]+)"\)/g)]
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => Object.hasOwn(harmless, specifier))
      .map((specifier) => `${path} loads ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

test("nothing outside the dialer calls the global fetch or opens a WebSocket (T5)", () => {
  const wrong = files.flatMap(({ path, text }) => {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    // The dialer's own fetch takes a dispatcher, and its import hides the global one.
    const own = /import\s\{[^}]*\bfetch\b[^}]*\}\sfrom\s"(?:\.\.\/)+dial\/index\.ts"/.test(code);
    const calls = own ? [] : [...code.matchAll(/(?<![\w.#])fetch\((?![^)]*\):)/g)];
    const names = [...code.matchAll(/\bglobalThis\.fetch\b|\bnew (?:WebSocket|EventSource)\b/g)];
    return [...calls, ...names].map(({ index }) => `${path}:${code.slice(0, index).split("\n").length}`);
  });
  assert.deepEqual(wrong, []);
});

function valuesOf(what: string): readonly string[] {
  const list = /\{([^}]*)\}/.exec(what)?.[1];
  if (list === undefined) return [what];
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => name.split(" ")[0] ?? name);
}
