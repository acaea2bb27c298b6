/** A way into a resource: map keys, and `each` for all elements of a list. */
export type FieldPath = readonly FieldStep[];
export type FieldStep = string | { readonly each: true };

/** `spec,template` / `(all)`: a path as kapp's error texts write it. */
export function showPath(path: FieldPath): string {
  return path.map((step) => (typeof step === "string" ? step : "(all)")).join(",");
}
