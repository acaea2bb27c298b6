import { equalJson, isMap, type JsonMap, type KubeObject } from "../../resource/index.ts";
import type { DeployConfig } from "../config/deploy-config.ts";
import { everything } from "../config/matchers.ts";
import type { RebaseRule } from "../config/rebase-rules.ts";
import { at } from "../fields.ts";
import { removeField, withMember, withoutMember } from "./field-copy.ts";
import { isSecret, lastApplied, withoutHistory } from "./history.ts";
import { rebase } from "./rebase.ts";

/** A new resource against the existing one (kapp.md §4.2). */
export interface Comparison {
  readonly differs: boolean;
  /** What to compare with: what was last applied if nobody touched it since, else the live object. `undefined` for a new object. */
  readonly left: KubeObject | undefined;
  /** The new resource with the cluster's own fields taken over: what is written. */
  readonly right: KubeObject;
}

export interface ComparisonRules {
  readonly config: DeployConfig;
  readonly againstLastApplied: boolean;
}

export function compareResources(
  fresh: KubeObject,
  existing: KubeObject | undefined,
  { config, againstLastApplied }: ComparisonRules,
): Comparison {
  const wanted = withoutHistory(fresh, config);
  if (existing === undefined) return { differs: true, left: undefined, right: wanted };
  if (isSecret(fresh)) return compareSecrets(wanted, existing, config);
  const live = withoutHistory(existing, config);
  if (!againstLastApplied) {
    const right = rebase(wanted, live, config.rebaseRules);
    return { differs: !equalJson(live, right), left: live, right };
  }
  const applied = lastApplied(existing, config);
  const left = applied === undefined ? live : withoutHistory(rebase(applied, existing, config.rebaseRules), config);
  const right = rebase(wanted, existing, config.rebaseRules);
  return { differs: !equalJson(left, right), left, right };
}

/**
 * Secrets have no copy of what was applied, so the live object is the measure; both sides are brought to the form in which an API
 * server keeps them, or `stringData` and defaults would show as a change for ever.
 */
function compareSecrets(wanted: KubeObject, existing: KubeObject, config: DeployConfig): Comparison {
  const left = storedSecret(withoutHistory(existing, config));
  const rebased = rebase(wanted, existing, config.rebaseRules);
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
  const { stringData, ...rest } = secret;
  let data: JsonMap = isMap(secret["data"]) ? secret["data"] : {};
  for (const [key, value] of Object.entries(isMap(stringData) ? stringData : {})) {
    if (typeof value === "string") data = withMember(data, key, Buffer.from(value).toString("base64"));
  }
  const stored = Object.keys(data).length > 0 ? withMember(rest, "data", data) : withoutMember(rest, "data");
  const typed = stored["type"] === undefined ? withMember(stored, "type", "Opaque") : stored;
  return ["labels", "annotations"].reduce((result, field) => {
    const members = at(result, "metadata", field);
    const isEmpty = members === null || (isMap(members) && Object.keys(members).length === 0);
    return isEmpty ? removeField(result, ["metadata", field]) : result;
  }, typed);
}
