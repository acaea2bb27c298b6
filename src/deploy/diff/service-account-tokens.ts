import { type KubeObject, nameOf } from "../../resource/index.ts";
import { listAt, textAt } from "../fields.ts";
import { withMember } from "./field-copy.ts";

/**
 * Keeps the token and docker config Secrets that a cluster adds to a ServiceAccount (kapp.md §4.3 row 15): without this every deploy
 * would take them off and the cluster would make new ones. Of several with the same prefix the last stays.
 */
export function keepServiceAccountTokens(result: KubeObject, existing: KubeObject): KubeObject {
  const account = nameOf(existing);
  const withTokens = keepLast(result, existing, "secrets", `${account}-token-`);
  const withConfigs = keepLast(withTokens, existing, "secrets", `${account}-dockercfg-`);
  return keepLast(withConfigs, existing, "imagePullSecrets", `${account}-dockercfg-`);
}

function keepLast(result: KubeObject, existing: KubeObject, list: string, prefix: string): KubeObject {
  const name = listAt(existing, list)
    .map((entry) => textAt(entry, "name"))
    .findLast((candidate) => candidate.startsWith(prefix));
  if (name === undefined) return result;
  const entries = listAt(result, list);
  return entries.some((entry) => textAt(entry, "name") === name)
    ? result
    : withMember(result, list, [...entries, { name }]);
}
