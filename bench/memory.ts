import type { Benchmark } from "./support/benchmark.ts";
export const memory: Benchmark = { name: "memory", summary: "", run: async () => undefined };
