import { equalJson, type KubeObject, type MutableJsonMap, setOwn } from "../../resource/index.ts";
import { everything } from "../config/matchers.ts";
import { defaultRebaseRules, type RebaseRule } from "../config/rebase-rules.ts";
import { isMutableMap } from "../fields.ts";
import { isSecret, lastApplied, withoutHistory } from "./history.ts";
import { mutableCopy, rebase } from "./rebase.ts";

/** A new resource against the existing one (kapp.md §4.2). */
export interface Comparison {
  readonly differs: boolean;
  /** What to compare with: what was last applied if nobody touched it since, else the live object. `undefined` for a new object. */
  readonly left: KubeObject | undefined;
  /** The new resource with the cluster's own fields taken over: what is written. */
  readonly right: KubeObject;
}

export function compareResources(
  fresh: KubeObject,
  existing: KubeObject | undefined,
  options: { readonly againstLastApplied: boolean },
): Comparison {
  const wanted = withoutHistory(fresh);
  if (existing === undefined) return { differs: true, left: undefined, right: wanted };
  if (isSecret(fresh)) return compareSecrets(wanted, existing);
  const live = withoutHistory(existing);
  if (!options.againstLastApplied) {
    const right = rebase(wanted, live, defaultRebaseRules);
    return { differs: !equalJson(live, right), left: live, right };
  }
  const applied = lastApplied(existing);
  const left = applied === undefined ? live : withoutHistory(rebase(applied, existing, defaultRebaseRules));
  const right = rebase(wanted, existing, defaultRebaseRules);
  return { differs: !equalJson(left, right), left, right };
}

/**
 * Secrets have no copy of what was applied, so the live object is the measure; both sides are brought to the form in which an API
 * server keeps them, or `stringData` and defaults would show as a change for ever.
 */
function compareSecrets(wanted: KubeObject, existing: KubeObject): Comparison {
  const left = storedSecret(withoutHistory(existing));
  const rebased = rebase(wanted, existing, defaultRebaseRules);
  const right = storedSecret(rebased["type"] === tokenType ? rebase(rebased, existing, tokenRules) : rebased);
  return { differs: !equalJson(left, right), left, right };
}

const tokenType = "kubernetes.io/service-account-token";

/** What the token controller writes into such a Secret: without it every deploy would take the token away (kapp does). */
const tokenRules: readonly RebaseRule[] = [
  ["data", "token"],
  ["data", "ca.crt"],
  ["data", "namespace"],
  ["metadata", "annotations", "kubernetes.io/service-account.uid"],
].map((path) => ({ rule: "copy", path, sources: ["new", "existing"], matcher: everything }));

function storedSecret(secret: KubeObject): KubeObject {
  const copy = mutableCopy(secret);
  const data: MutableJsonMap = isMutableMap(copy["data"]) ? copy["data"] : {};
  if (isMutableMap(copy["stringData"])) {
    for (const [key, value] of Object.entries(copy["stringData"])) {
      if (typeof value === "string") setOwn(data, key, Buffer.from(value).toString("base64"));
    }
  }
  delete copy["stringData"];
  if (Object.keys(data).length > 0) setOwn(copy, "data", data);
  else delete copy["data"];
  copy["type"] ??= "Opaque";
  const metadata = copy["metadata"];
  if (isMutableMap(metadata)) {
    for (const key of ["labels", "annotations"]) {
      const members = metadata[key];
      if (members === null || (isMutableMap(members) && Object.keys(members).length === 0)) delete metadata[key];
    }
  }
  return copy;
}
