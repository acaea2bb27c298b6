/**
 * Makes the functions of serverless.yml: minified ESM in `dist/functions/NAME/`, `index.mjs` with what the function loads at once, and chunks for
 * what it loads when it needs it. The same input gives the same bytes. Source maps go to `dist/function-maps/`, which is not deployed.
 *
 * Fails when what is loaded at once is larger than its budget: that is the time before the first answer.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Another folder than `dist` may be named, for tests that build beside a deployment. */
const out = process.argv[2] ?? `${root}/dist`;

/** Bytes of the minified files that are loaded at once. */
const budgets: Readonly<Record<string, number>> = { ingress: 250_000, tick: 250_000, runner: 1_000_000 };

const names = ["ingress", "hub", "byhand", "tick", "source", "drift", "runner"];

/**
 * undici's door loads all of it: web sockets, caches, mocks. The functions use its connections and fetch only. Its parsers come twice each; Node 24 on Lambda's processors has the vector instructions that the faster ones need.
 */
const slimUndici: Plugin = {
  name: "slim-undici",
  setup(plugins) {
    plugins.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "slim" }));
    plugins.onLoad({ filter: /^undici$/, namespace: "slim" }, () => ({
      resolveDir: root,
      contents: [
        'import Dispatcher from "undici/lib/dispatcher/dispatcher.js";',
        'import api from "undici/lib/api/index.js";',
        // What undici's door does too: connections get their methods here.
        "Object.assign(Dispatcher.prototype, api);",
        'import web from "undici/lib/web/fetch/index.js";',
        "export const { fetch } = web;",
        'export { default as Agent } from "undici/lib/dispatcher/agent.js";',
        'export { default as Pool } from "undici/lib/dispatcher/pool.js";',
        'export { default as ProxyAgent } from "undici/lib/dispatcher/proxy-agent.js";',
        'export { default as buildConnector } from "undici/lib/core/connect.js";',
      ].join("\n"),
    }));
    plugins.onLoad({ filter: /undici\/lib\/(?:milo\/no-simd|llhttp\/llhttp-wasm)\.js$/ }, () => ({
      contents: "module.exports = undefined;",
    }));
  },
};

rmSync(`${out}/functions`, { recursive: true, force: true });
rmSync(`${out}/function-maps`, { recursive: true, force: true });
let tooLarge = false;
for (const name of names) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: `src/functions/aws/${name}.ts` },
    outdir: `${out}/functions/${name}`,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    chunkNames: "[name]-[hash]",
    minify: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    legalComments: "none",
    // Some packages are CommonJS and call require for Node's own modules.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    sourcemap: "external",
    logLevel: "warning",
    metafile: true,
    plugins: [slimUndici],
    // The functions sign their own calls (ADR 0011); only `lateen serve` has the kit.
    external: ["@aws-sdk/client-secrets-manager"],
  });
  removeUnreachable(metafile);
  moveMaps(name);
  const { atOnce, later } = sizes(metafile);
  const budget = budgets[name];
  const isOver = budget !== undefined && atOnce > budget;
  tooLarge ||= isOver;
  const limit = budget === undefined ? "" : ` of ${budget / 1_000} kB${isOver ? ": too large" : ""}`;
  console.log(
    `${name.padEnd(8)} ${kilobytes(atOnce)}${limit}${later === 0 ? "" : `, later ${kilobytes(later).trim()}`}`,
  );
}
if (tooLarge) process.exit(1);

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(0).padStart(5)} kB`;
}

function sizes({ outputs }: Metafile): { readonly atOnce: number; readonly later: number } {
  const sum = (paths: ReadonlySet<string>): number =>
    [...paths].reduce((total, path) => total + (outputs[path]?.bytes ?? 0), 0);
  const atOnce = sum(reachable(outputs, ["import-statement"]));
  return { atOnce, later: sum(reachable(outputs, ["import-statement", "dynamic-import"])) - atOnce };
}

/** What the entry leads to by imports of these kinds, itself included. */
function reachable(outputs: Metafile["outputs"], kinds: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kinds.includes(kind) && outputs[imported] !== undefined) visit(imported);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs))
    if (entryPoint?.startsWith("src/functions/aws/") === true) visit(path);
  return found;
}

/** Chunks of code that was found to be unused. */
function removeUnreachable({ outputs }: Metafile): void {
  const kept = reachable(outputs, ["import-statement", "dynamic-import"]);
  for (const path of Object.keys(outputs)) if (!kept.has(path.replace(/\.map$/, ""))) rmSync(join(root, path));
}

function moveMaps(name: string): void {
  mkdirSync(`${out}/function-maps/${name}`, { recursive: true });
  for (const file of readdirSync(`${out}/functions/${name}`))
    if (file.endsWith(".map")) renameSync(`${out}/functions/${name}/${file}`, `${out}/function-maps/${name}/${file}`);
}
