import type { Json } from "../resource/index.ts";

/** The value when it is a text, else the empty text. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
