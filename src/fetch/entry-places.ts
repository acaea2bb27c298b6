import { relativePath } from "./relative-path.ts";

/** Paths that would make an entry's directory the fetch root itself. */
const rootPaths: ReadonlySet<string> = new Set(["/", ".", "..", ""]);

export interface PlaceFault {
  /** What vendir says around the detail. */
  readonly steps: readonly string[];
  readonly detail: string;
}

/**
 * What is wrong with the places (`path`, or the index) of the fetch entries, in vendir's words (app.md §4.1).
 * One rule is lateen's own: a place outside the fetch root, which vendir would overwrite.
 */
export function placeFault(places: readonly string[]): PlaceFault | undefined {
  for (const [index, place] of places.entries()) {
    if (rootPaths.has(place)) {
      const detail = "Expected path to not be one of '/', '.', '..', ''";
      return { steps: [`Validating directory '${place}' (${index})`], detail };
    }
    if (place.startsWith("/") || relativePath(place) === undefined) {
      return {
        steps: [],
        detail: `Expected path '${place}' of fetch entry ${index} to stay inside the fetch directory`,
      };
    }
  }
  const clean = places.map((place) => relativePath(place) ?? place);
  for (const [outerIndex, outer] of clean.entries()) {
    for (const [innerIndex, inner] of clean.entries()) {
      if (innerIndex === outerIndex || !`${inner}/`.startsWith(`${outer}/`)) continue;
      return { steps: [], detail: `Expected to not manage overlapping paths: '${inner}' and '${outer}'` };
    }
  }
  return undefined;
}
