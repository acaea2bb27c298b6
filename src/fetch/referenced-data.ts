import type { FetchStep } from "../app/index.ts";

/** Reads what fetch entries name, in the App's own namespace only; `undefined` when the object does not exist. */
export interface ReferenceReader {
  secret(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array> | undefined>;
  configMap(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array> | undefined>;
}

/** Everything that the fetch entries refer to, read before anything is fetched. */
export interface ReferencedData {
  secret(name: string): ReadonlyMap<string, Uint8Array>;
  configMap(name: string): ReadonlyMap<string, Uint8Array>;
  /** ConfigMaps that several references name: vendir then finds "multiple" (app.md §4.1). */
  readonly repeatedConfigMaps: ReadonlySet<string>;
}

/** A Secret or ConfigMap is not there. */
export class ReferenceMissing extends Error {}

/**
 * Reads all references in order.
 * @throws ReferenceMissing `secrets "x" not found`; what the reader throws.
 */
export async function readReferences(
  steps: readonly FetchStep[],
  reader: ReferenceReader,
  signal: AbortSignal,
): Promise<ReferencedData> {
  const secrets = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const configMaps = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const repeatedConfigMaps = new Set<string>();
  for (const { kind, name } of steps.flatMap(referencesOf)) {
    const known = kind === "secret" ? secrets : configMaps;
    if (known.has(name)) {
      if (kind === "configMap") repeatedConfigMaps.add(name);
      continue;
    }
    const data = kind === "secret" ? await reader.secret(name, signal) : await reader.configMap(name, signal);
    if (data === undefined)
      throw new ReferenceMissing(`${kind === "secret" ? "secrets" : "configmaps"} "${name}" not found`);
    known.set(name, data);
  }
  const nothing: ReadonlyMap<string, Uint8Array> = new Map();
  return {
    secret: (name) => secrets.get(name) ?? nothing,
    configMap: (name) => configMaps.get(name) ?? nothing,
    repeatedConfigMaps,
  };
}

function referencesOf(step: FetchStep): readonly { readonly kind: "secret" | "configMap"; readonly name: string }[] {
  switch (step.type) {
    case "inline":
      return step.pathsFrom.flatMap(({ kind, name }) => (kind === "none" ? [] : [{ kind, name }]));
    case "git":
      return step.secretName === undefined ? [] : [{ kind: "secret", name: step.secretName }];
    case "unsupported":
      return step.references;
  }
}
