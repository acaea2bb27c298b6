import type { Place } from "./tokens.ts";

/** Stops the scanner or the parser: the source is wrong there. */
export class SyntaxFault extends Error {
  override readonly name = "SyntaxFault";
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}
