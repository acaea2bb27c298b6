/**
 * A run's record as it is stored: at most `maxBytes`, whatever a repository puts into it. An event keeps its place: what is left out is a range in
 * the middle, and `omitted` says where and how many, so that whoever follows a run goes on behind it.
 */
import { clipMiddle } from "../base/index.ts";
import type { RunEvent, RunRecord } from "./run-event.ts";

/** Bytes of JSON; an item may have 300 KB. */
const maxBytes = 128 * 1024;
/** Events of one run; the first and the last ones tell most. */
const maxEvents = 1_000;
/** Longest text and list in an event. */
const maxTextLength = 4_096;
const maxListLength = 200;
/** Bytes of a plan, of which a record also keeps what came of it. */
const maxPlanBytes = 64 * 1024;
const maxReasons = 5;

/** The event as a record keeps it; texts and lists that are too long lose their middle or their end. */
export function keptEvent(event: RunEvent): RunEvent {
  const clipped = clipDeep(event);
  if (clipped.type !== "planned" || sizeOf(clipped) <= maxPlanBytes) return clipped;
  let changes = clipped.changes.map(({ reasons, ...change }) => ({
    ...change,
    reasons: reasons.slice(0, maxReasons),
    diff: [],
  }));
  while (changes.length > 0 && sizeOf({ ...clipped, changes }) > maxPlanBytes)
    changes = changes.slice(0, Math.floor(changes.length / 2));
  return { ...clipped, changes };
}

/** @param record with all events of the run, each as `keptEvent` keeps it. */
export function boundedRecord(record: RunRecord): RunRecord {
  for (let most = maxEvents; most >= 2; most = Math.floor(most / 2)) {
    const kept = withEvents(record, most);
    if (sizeOf(kept) <= maxBytes) return kept;
  }
  // The newest event alone is larger: the record of a moment, until a smaller one follows.
  return { ...record, events: [], omitted: { after: 0, count: record.events.length } };
}

/** The events from number `from` on that the record still has, with the number behind the last one. */
export function eventsFrom(
  { events, omitted }: RunRecord,
  from: number,
): { readonly events: readonly RunEvent[]; readonly next: number } {
  const after = omitted?.after ?? events.length;
  const count = omitted?.count ?? 0;
  return {
    events: events.filter((_event, index) => (index < after ? index : index + count) >= from),
    next: events.length + count,
  };
}

function withEvents(record: RunRecord, most: number): RunRecord {
  const { events } = record;
  if (events.length <= most) return record;
  const after = Math.floor(most / 2);
  return {
    ...record,
    events: [...events.slice(0, after), ...events.slice(after - most)],
    omitted: { after, count: events.length - most },
  };
}

function clipDeep<Value>(value: Value): Value {
  const walk = (member: unknown): unknown => {
    if (typeof member === "string") return clipMiddle(member, maxTextLength);
    if (Array.isArray(member)) return member.slice(0, maxListLength).map(walk);
    if (typeof member !== "object" || member === null) return member;
    return Object.fromEntries(Object.entries(member).map(([key, inner]) => [key, walk(inner)]));
  };
  // The shape stays: only texts and lists become shorter.
  return walk(value) as Value;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
