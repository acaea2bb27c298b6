import { randomBytes } from "node:crypto";

/** A unique id that sorts by time: nine digits of base 36 hold milliseconds until the year 5188. */
export function newId(now: number): string {
  return `${now.toString(36).padStart(9, "0")}${randomBytes(8).toString("hex")}`;
}
