import { type Json, stringifyJson } from "../../resource/index.ts";

/** Longest value that a difference shows. */
const maxValueLength = 200;

/** A value in one line, as JSON; long ones lose their end. */
export function shownValue(value: Json): string {
  const text = stringifyJson(value);
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}
