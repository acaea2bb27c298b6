#!/usr/bin/env node
// The `lateen` command. A checkout runs its sources, with the Node that `npm ci` has brought if this one is too old for them; the published
// package runs its bundle.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = new URL("../src/cli/main.ts", import.meta.url);
const bundle = new URL("../dist/cli.js", import.meta.url);
const newerNode = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const isCheckout = existsSync(source);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isTooOld = major < 22 || (major === 22 && minor < 19);

if (isTooOld && isCheckout && existsSync(newerNode)) {
  const child = spawn(newerNode, [fileURLToPath(source), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
} else if (isTooOld) {
  console.error(`lateen needs Node 22.19 or newer; this is ${process.versions.node}`);
  process.exitCode = 2;
} else {
  await import(isCheckout ? source : bundle);
}
