import type { Benchmark } from "./support/benchmark.ts";
export const git: Benchmark = { name: "git", summary: "", run: async () => undefined };
