/** Loaded before a measured program (`node --import`): leaves the process's peak memory behind when it ends. JavaScript, so that loading it costs nothing. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const file = process.env["LATEEN_BENCH_USAGE"];
  if (file !== undefined) writeFileSync(file, JSON.stringify({ peakKiB: process.resourceUsage().maxRSS }));
});
