/**
 * Makes the functions of serverless.yml: one minified ESM file each, `dist/functions/NAME/index.mjs`, with everything that it imports. The same
 * input gives the same bytes. Source maps go to `dist/function-maps/`, which is not deployed.
 *
 * Fails when a bundle is larger than its budget: what a function loads is the time before its first answer.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Another folder than `dist` may be named, for tests that build beside a deployment. */
const out = process.argv[2] ?? `${root}/dist`;

/** Bytes of the minified file. */
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
const result = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `src/functions/aws/${name}.ts`])),
  outdir: `${out}/functions`,
  outExtension: { ".js": ".mjs" },
  bundle: true,
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
});
moveMaps();

let tooLarge = false;
for (const [name, bytes] of sizes(result.metafile)) {
  const budget = budgets[name];
  const isOver = budget !== undefined && bytes > budget;
  tooLarge ||= isOver;
  const limit = budget === undefined ? "" : ` of ${budget / 1_000} kB${isOver ? ": too large" : ""}`;
  console.log(`${name.padEnd(8)} ${(bytes / 1_000).toFixed(0).padStart(5)} kB${limit}`);
}
if (tooLarge) process.exit(1);

function sizes({ outputs }: Metafile): readonly (readonly [string, number])[] {
  return Object.entries(outputs)
    .filter(([path]) => path.endsWith(".mjs"))
    .map(([path, { bytes }]) => [path.split("/").at(-2) ?? path, bytes]);
}

function moveMaps(): void {
  mkdirSync(`${out}/function-maps`, { recursive: true });
  for (const name of readdirSync(`${out}/functions`)) {
    renameSync(`${out}/functions/${name}/index.mjs.map`, `${out}/function-maps/${name}.mjs.map`);
  }
}
