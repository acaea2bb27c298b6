import type { App, AppReference } from "../app/index.ts";
import { isMap, own } from "../resource/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import { hideSecret } from "./hide-secret.ts";

/** Reads a Secret or ConfigMap that an App names: of its own namespace only (reliability.md T13). `undefined`: there is none. */
export type ReadAppReference = (
  reference: AppReference,
  options: { readonly signal: AbortSignal },
) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;

/** What is read from Secrets is hidden in the run's texts from then on; but not data values, which templates are full of. */
export function readReferenceOf(
  app: App,
  deps: Pick<ReconcileDeps, "vault" | "configMaps" | "redactor">,
): ReadAppReference {
  const values = new Set(
    app.spec.template
      .flatMap((step) => (step.type === "ytt" ? step.valuesFrom : []))
      .map((source) => (source.type === "secret" ? source.name : "")),
  );
  return async ({ kind, name }, { signal }) => {
    if (kind === "secret") {
      const secret = await deps.vault.get(app.namespace, name, { signal });
      if (secret !== undefined && !values.has(name)) hideSecret(secret.data, deps.redactor);
      return secret?.data;
    }
    const object = await deps.configMaps.get(app.namespace, name);
    if (object === undefined) return undefined;
    // `binaryData` is not read (app.md §4.6).
    const data = own(object, "data");
    const texts = isMap(data) ? Object.entries(data) : [];
    return new Map(
      texts.flatMap(([key, text]) => (typeof text === "string" ? [[key, new TextEncoder().encode(text)]] : [])),
    );
  };
}
