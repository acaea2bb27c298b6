/** Where lateen does something else than kapp, on purpose: which differences a case may show, and why. */
export interface Departure {
  /** The lines of differences that this explains. */
  readonly lines: RegExp;
  readonly reason: string;
}

export const departures: ReadonlyMap<string, readonly Departure[]> = new Map<string, readonly Departure[]>();
