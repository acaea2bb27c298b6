import type { App, AppReference } from "../app/index.ts";
import { isMap, own } from "../resource/index.ts";
import type { ReconcileDeps } from "./deps.ts";

/** Reads a Secret or ConfigMap that an App names: of its own namespace only (reliability.md T13). `undefined`: there is none. */
export type ReadAppReference = (
  reference: AppReference,
  options: { readonly signal: AbortSignal },
) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;

export function readReferenceOf(app: App, deps: Pick<ReconcileDeps, "vault" | "configMaps">): ReadAppReference {
  return async ({ kind, name }, { signal }) => {
    if (kind === "secret") return (await deps.vault.get(app.namespace, name, { signal }))?.data;
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
