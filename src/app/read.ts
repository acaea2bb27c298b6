import { isList, isMap, type Json, type JsonMap, own } from "../resource/index.ts";

/** Readers of fields whose types are already checked: what is absent reads as empty. */
export function textOf(value: Json | undefined, key: string): string {
  const member = own(value, key);
  return typeof member === "string" ? member : "";
}

export function flagOf(value: Json | undefined, key: string): boolean {
  return own(value, key) === true;
}

export function listOf(value: Json | undefined, key: string): readonly Json[] {
  const member = own(value, key);
  return isList(member) ? member : [];
}

export function stringsOf(value: Json | undefined, key: string): readonly string[] {
  return listOf(value, key).filter((item) => typeof item === "string");
}

export function optionalMap(value: Json | undefined, key: string): JsonMap | undefined {
  const member = own(value, key);
  return isMap(member) ? member : undefined;
}
