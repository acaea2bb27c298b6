/**
 * Makes `dist/`: one ESM bundle per entry of package.json's `exports` and `bin`, shared code in chunks, and the types of every room.
 * Outside packages stay outside: npm installs and updates them.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

rmSync(`${root}/dist`, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: {
    cli: "src/cli/main.ts",
    index: "src/functions/index.ts",
    deploy: "src/deploy/index.ts",
    git: "src/git/index.ts",
    ytt: "src/ytt/index.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  packages: "external",
  sourcemap: true,
  // The code reads well as it is, and stack traces stay useful without the map.
  minify: false,
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning",
  metafile: true,
});

const types = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (types.status !== 0) process.exit(types.status ?? 1);

for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint !== undefined) console.log(`${path.padEnd(16)} ${(output.bytes / 1024).toFixed(1)} KiB`);
}
