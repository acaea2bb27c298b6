/** A way into a resource. */
export type FieldPath = readonly FieldStep[];

/** A map key, all elements of a list, one element, or all keys that fit a pattern (copy and remove only). */
export type FieldStep = string | ListStep | KeyPattern;
export type ListStep = { readonly each: true } | { readonly index: number };

export interface KeyPattern {
  readonly pattern: string;
  readonly fits: (key: string) => boolean;
}

/** `spec,template` / `(all)`: a path as kapp's error texts write it. */
export function showPath(path: FieldPath): string {
  return path
    .map((step) => {
      if (typeof step === "string") return step;
      if ("pattern" in step) return step.pattern;
      return "index" in step ? String(step.index) : "(all)";
    })
    .join(",");
}

/** `items` with the elements that a step means changed. */
export function mapElements<Item>(
  items: readonly Item[],
  step: ListStep,
  change: (item: Item, index: number) => Item,
): readonly Item[] {
  return items.map((item, index) => ("each" in step || step.index === index ? change(item, index) : item));
}
