import { annotationsOf, describeResource, type KubeObject, uniqueKey } from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { withAnnotations } from "../diff/metadata.ts";
import type { ExistingObject } from "../existing/labelled-objects.ts";
import { DeployError } from "../failure.ts";
import { textAt } from "../fields.ts";
import { parseGoDuration } from "../options/go-duration.ts";
import { versionsByKey } from "./version-name.ts";

/**
 * Notes the time on resources whose `renew-duration` is over, which makes them differ from what exists (kapp.md §3.5). `now` in epoch
 * milliseconds.
 * @throws DeployError `DEPLOY_ANNOTATION_VALUE`
 */
export function renew(fresh: readonly KubeObject[], existing: readonly ExistingObject[], now: number): KubeObject[] {
  const newest = new Map(existing.map(({ object }) => [uniqueKey(object), object]));
  for (const [key, versions] of versionsByKey(existing)) {
    const last = versions.at(-1);
    if (last !== undefined) newest.set(key, last.found.object);
  }
  return fresh.map((object) => {
    const text = annotationsOf(object)[annotation.renewDuration];
    if (text === undefined) return object;
    const duration = parseGoDuration(text);
    if ("problem" in duration) throw unparsable(object, annotation.renewDuration, duration.problem);
    const before = newest.get(uniqueKey(object));
    const renewed = before === undefined ? undefined : lastRenewal(object, before, now, duration.ms);
    return renewed === undefined ? object : withAnnotations(object, { [annotation.lastRenewedTime]: renewed });
  });
}

/** The time to note: now when the duration is over, else the one that is noted already. */
function lastRenewal(object: KubeObject, before: KubeObject, now: number, durationMs: number): string | undefined {
  const noted = annotationsOf(before)[annotation.lastRenewedTime];
  const renewedAt = noted === undefined ? 0 : parseTime(object, noted);
  const createdAt = Date.parse(textAt(before, "metadata", "creationTimestamp")) || 0;
  if (now < Math.max(renewedAt, createdAt) + durationMs) return noted;
  return new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
}

function parseTime(object: KubeObject, text: string): number {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw unparsable(object, annotation.lastRenewedTime, `parsing time ${JSON.stringify(text)} as RFC 3339`);
}

function unparsable(object: KubeObject, key: string, problem: string): DeployError {
  const resource = describeResource(object);
  const name = key.slice(key.indexOf("/") + 1);
  return new DeployError({
    code: "DEPLOY_ANNOTATION_VALUE",
    resource,
    annotation: key,
    message: `Unable to parse ${name} for resource ${resource}: ${problem}`,
  });
}
