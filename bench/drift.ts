import type { Benchmark } from "./support/benchmark.ts";
export const drift: Benchmark = { name: "drift", summary: "", run: async () => undefined };
