import { createRedactor, type Redactor } from "../base/index.ts";
import type { DeployPlan } from "../deploy/index.ts";
import { isList, isMap, type Json, own, parseYamlStream } from "../resource/index.ts";

/** Values that are shorter are words like `prod`, of which a text would be full. */
const minLeafLength = 6;
const maxLeaves = 1_000;

/** Members of statuses and events that hold words of lateen's own. */
export const ownWords: ReadonlySet<string> = new Set([
  ...["type", "status", "outcome", "op", "state", "cause", "waitFor", "stage"],
  ...["app", "runId", "startedAt", "updatedAt"],
]);

/**
 * Lets a redactor know what a Secret holds: each value as a whole, and the values inside one that is YAML. What names a manifest in it
 * (`apiVersion`, `kind`, `metadata`) and a user name are no secrets.
 */
export function hideSecret(data: ReadonlyMap<string, Uint8Array>, redactor: Redactor): void {
  const texts = new Map([...data].map(([key, bytes]) => [key, new TextDecoder().decode(bytes)]));
  const [username, password] = [texts.get("username"), texts.get("password")];
  // As a basic Authorization header has them.
  if (username !== undefined && password !== undefined) redactor.add(`${username}:${password}`);
  for (const [key, text] of texts) {
    if (key === "username") continue;
    if (key === "password" || text.trim().length >= minLeafLength) redactor.add(text);
    for (const leaf of leavesOfYaml(text)) redactor.add(leaf);
  }
}

/** What a hidden value of the input replaces on the cluster was most likely the secret before: differences show both. */
export function hideFormerValues(plan: DeployPlan, redactor: Redactor): void {
  const compare = (left: Json | undefined, fresh: Json | undefined): void => {
    if (isMap(left) && isMap(fresh)) for (const key of Object.keys(fresh)) compare(own(left, key), own(fresh, key));
    else if (isList(left) && isList(fresh)) for (const [index, item] of fresh.entries()) compare(left[index], item);
    else if (typeof left === "string" && typeof fresh === "string" && left !== fresh && left.length >= minLeafLength)
      if (redactor.redact(fresh) !== fresh) redactor.add(left);
  };
  for (const { left, fresh } of plan.steps) compare(left, fresh);
}

/**
 * For what containers of an App write: hides what the App's own Secrets hold as well. Elsewhere these values are not hidden, since many are words
 * that names of resources have too.
 */
export function containerRedactor(plan: DeployPlan, redactor: Pick<Redactor, "redact">): Pick<Redactor, "redact"> {
  let known: Redactor | undefined;
  return {
    redact(text) {
      known ??= secretsOf(plan);
      return known.redact(redactor.redact(text));
    },
  };
}

function secretsOf(plan: DeployPlan): Redactor {
  const redactor = createRedactor();
  const objects = plan.steps.flatMap(({ fresh, live }) => [fresh, live]);
  const untouched = plan.kind === "deploy" ? plan.untouched.map(({ live }) => live) : [];
  for (const object of [...objects, ...untouched]) {
    if (own(object, "kind") !== "Secret" || own(object, "apiVersion") !== "v1") continue;
    for (const [field, encoding] of [
      ["data", "base64"],
      ["stringData", "utf8"],
    ] as const) {
      const data = own(object, field);
      const entries = Object.entries(isMap(data) ? data : {});
      const texts = entries.flatMap(([key, value]) =>
        typeof value === "string" ? [[key, Buffer.from(value, encoding)] as const] : [],
      );
      hideSecret(new Map(texts), redactor);
    }
  }
  return redactor;
}

function leavesOfYaml(text: string): readonly string[] {
  if (!/[:\n]/.test(text)) return [];
  const leaves: string[] = [];
  const walk = (value: Json | undefined): void => {
    if (leaves.length >= maxLeaves) return;
    if (isList(value)) for (const item of value) walk(item);
    else if (isMap(value)) for (const member of Object.values(value)) walk(member);
    else if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
      const leaf = String(value);
      if (leaf.length >= minLeafLength) leaves.push(leaf);
    }
  };
  for (const { value } of parseYamlStream(text, { file: "" }).documents) {
    const isManifest = own(value, "apiVersion") !== undefined && own(value, "kind") !== undefined;
    if (!isManifest || !isMap(value)) walk(value);
    else
      for (const [key, member] of Object.entries(value))
        if (!["apiVersion", "kind", "metadata"].includes(key)) walk(member);
  }
  return leaves;
}
