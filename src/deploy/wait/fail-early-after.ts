import { annotationsOf, describeResource, type KubeObject } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { parseGoDuration } from "../options/go-duration.ts";

/**
 * Three minutes: longer than the hiccups of a registry and most starts of a database, a fifth of kapp's time-out (docs/adr/0013). Milliseconds.
 */
const defaultMs = 180_000;

/** How long what is wrong with an object's Pods may last, in milliseconds; `Infinity` where the annotation says `never`. */
export function readFailEarlyAfter(object: KubeObject): { readonly ms: number } | { readonly problem: string } {
  const value = annotationsOf(object)[annotation.failEarlyAfter];
  if (value === undefined) return { ms: defaultMs };
  if (value === "never") return { ms: Number.POSITIVE_INFINITY };
  const parsed = parseGoDuration(value);
  if ("ms" in parsed && parsed.ms >= 0) return parsed;
  const wanted = "a duration such as '10m', or 'never'";
  return {
    problem: `Expected annotation '${annotation.failEarlyAfter}' on resource '${describeResource(object)}' to be ${wanted}`,
  };
}
