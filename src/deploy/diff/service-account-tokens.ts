import { type KubeObject, type MutableJson, type MutableJsonMap, nameOf, setOwn } from "../../resource/index.ts";
import { isMutableMap, listAt, textAt } from "../fields.ts";

/**
 * Keeps the token and docker config Secrets that a cluster adds to a ServiceAccount (kapp.md §4.3 row 15): without this every deploy
 * would take them off and the cluster would make new ones. Of several with the same prefix the last stays.
 */
export function keepServiceAccountTokens(result: MutableJsonMap, existing: KubeObject): void {
  const account = nameOf(existing);
  keepLast(result, existing, "secrets", `${account}-token-`);
  keepLast(result, existing, "secrets", `${account}-dockercfg-`);
  keepLast(result, existing, "imagePullSecrets", `${account}-dockercfg-`);
}

function keepLast(result: MutableJsonMap, existing: KubeObject, list: string, prefix: string): void {
  const name = listAt(existing, list)
    .map((entry) => textAt(entry, "name"))
    .findLast((candidate) => candidate.startsWith(prefix));
  if (name === undefined) return;
  const current: MutableJson | undefined = Object.hasOwn(result, list) ? result[list] : undefined;
  const entries = Array.isArray(current) ? current : [];
  if (entries.some((entry) => isMutableMap(entry) && entry["name"] === name)) return;
  setOwn(result, list, [...entries, { name }]);
}
