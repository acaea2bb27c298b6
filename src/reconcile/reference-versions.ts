import { type App, appReferences } from "../app/index.ts";
import { resourceVersionOf } from "../resource/index.ts";
import type { ReconcileDeps } from "./deps.ts";

/** Versions of the Secrets and ConfigMaps that an App reads: a secrets manager tells nobody when one changes, so the drift check compares. */
export async function referenceVersions(app: App, deps: ReconcileDeps): Promise<Readonly<Record<string, string>>> {
  const entries = appReferences(app).map(async ({ kind, name }) => {
    if (kind === "secret") return [`${kind}/${name}`, (await deps.vault.get(app.namespace, name))?.version ?? ""];
    const object = await deps.configMaps.get(app.namespace, name);
    return [`${kind}/${name}`, object === undefined ? "" : resourceVersionOf(object)];
  });
  return Object.fromEntries(await Promise.all(entries));
}
