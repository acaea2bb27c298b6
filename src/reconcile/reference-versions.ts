import { type App, appReferences } from "../app/index.ts";
import { resourceVersionOf } from "../resource/index.ts";
import type { ReconcileDeps } from "./deps.ts";

/** Versions of the Secrets and ConfigMaps that an App reads: a secrets manager tells nobody when one changes, so the drift check compares. */
export async function referenceVersions(app: App, deps: ReconcileDeps): Promise<Readonly<Record<string, string>>> {
  const versions: Record<string, string> = {};
  for (const { kind, name } of appReferences(app)) {
    if (kind === "secret") versions[`${kind}/${name}`] = (await deps.vault.get(app.namespace, name))?.version ?? "";
    else {
      const object = await deps.configMaps.get(app.namespace, name);
      versions[`${kind}/${name}`] = object === undefined ? "" : resourceVersionOf(object);
    }
  }
  return versions;
}
