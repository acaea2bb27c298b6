import { type Json, type JsonMap, type KubeObject, nameOf, own } from "../resource/index.ts";
import { firstAt, parseJsonPath } from "./json-path.ts";
import type { ResolvedType } from "./registry.ts";
import type { PrinterColumn } from "./served-type.ts";

const nameColumn: PrinterColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  value: nameOf,
};

/** The age of an object. */
export const ageColumn: PrinterColumn = {
  name: "Age",
  type: "date",
  description: "Time since the object was created.",
  value: ".metadata.creationTimestamp",
};

/** Columns of a type's table. */
const columnsOf = (resolved: ResolvedType): readonly PrinterColumn[] => [
  nameColumn,
  ...(resolved.version.columns ?? [ageColumn]),
];

export function columnDefinitions(resolved: ResolvedType): JsonMap[] {
  return columnsOf(resolved).map((column) => ({
    name: column.name,
    // Kubernetes sends ages as text that is ready to show.
    type: column.type === "date" ? "string" : column.type,
    format: column.format ?? "",
    description: column.description ?? "",
    priority: column.priority ?? 0,
  }));
}

export type IncludedObject = "Metadata" | "Object" | "None";

/** One row: cells in the order of the columns, and as much of the object as was asked for. */
export function tableRow(object: KubeObject, resolved: ResolvedType, include: IncludedObject, now: number): JsonMap {
  const cells = columnsOf(resolved).map((column) => cellOf(column, object, now));
  switch (include) {
    case "None":
      return { cells, object: null };
    case "Object":
      return { cells, object };
    case "Metadata":
      return { cells, object: partialMetadata(object) };
  }
}

/** Only identity and metadata, as drift checks and `kubectl get` read them. */
export function partialMetadata(object: KubeObject): KubeObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: own(object, "metadata") ?? {},
  };
}

const paths = new Map<string, ReturnType<typeof parseJsonPath>>();

function cellOf(column: PrinterColumn, object: KubeObject, now: number): Json {
  const value = typeof column.value === "string" ? valueAt(object, column.value) : column.value(object);
  if (column.type === "date") return typeof value === "string" ? ageText(value, now) : null;
  if (value === undefined || value === null) return column.type === "string" ? "" : null;
  if (typeof value === "object") return JSON.stringify(value);
  return column.type === "string" ? String(value) : value;
}

function valueAt(object: KubeObject, path: string): Json | undefined {
  let steps = paths.get(path);
  if (steps === undefined) {
    steps = parseJsonPath(path);
    paths.set(path, steps);
  }
  return steps === undefined ? undefined : firstAt(object, steps);
}

/** `5s`, `3m12s`, `17m`, `3h20m`, `27h`, `3d4h`, `12d`, `2y30d`, `9y`: two units only where the first is small, as kubectl shows them. */
function ageText(time: string, now: number): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return "<invalid>";
  const seconds = Math.floor((now - at) / 1000);
  // Clocks differ a little between machines.
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(seconds, 0)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return joined(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return joined(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return joined(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? joined(years, "y", days % 365, "d") : `${years}y`;
}

const joined = (first: number, unit: string, second: number, smaller: string): string =>
  second === 0 ? `${first}${unit}` : `${first}${unit}${second}${smaller}`;
