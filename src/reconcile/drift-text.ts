import type { FieldDrift, ObjectDrift } from "../deploy/index.ts";
import type { DriftReport } from "./run-event.ts";

/** A report of drift in lines for people: one per object, and below it, indented, one per field. Texts are as they came. */
export function driftLines({ objects, more }: DriftReport): string[] {
  return [...objects.flatMap(objectLines), ...(more ? ["and more objects"] : [])];
}

function objectLines({ found, resource, fields, omitted }: ObjectDrift): string[] {
  return [
    `${found} ${resource}`,
    ...fields.map((field) => `  ${fieldLine(field)}`),
    ...(omitted > 0 ? [`  and ${omitted} more fields`] : []),
  ];
}

/** `/spec/replicas: 2 → 5, by kubectl-scale (Update scale) at 2026-11-20T09:14:02Z`. */
function fieldLine({ path, was, is, by }: FieldDrift): string {
  const values = was === undefined && is === undefined ? "" : `: ${was ?? "(absent)"} → ${is ?? "(removed)"}`;
  if (by === undefined) return `${path}${values}`;
  const how = by.subresource === "" ? by.operation : `${by.operation} ${by.subresource}`;
  return `${path}${values}, by ${by.manager} (${how})${by.at === "" ? "" : ` at ${by.at}`}`;
}
