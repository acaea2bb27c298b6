import type { Benchmark } from "./support/benchmark.ts";
export const imports: Benchmark = { name: "imports", summary: "", run: async () => undefined };
