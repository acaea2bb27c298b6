import type { Clock } from "../base/index.ts";
import { type KubeObject, type MutableJsonMap, stringifyJson } from "../resource/index.ts";
import { ApiError, forbidden } from "./api-error.ts";
import { parseSelection, parseVersion, selects, type Selection } from "./list-objects.ts";
import { fromPrevious, fromStore, withVersion } from "./object-codec.ts";
import type { ObjectChange } from "./object-store.ts";
import { type Representation, representObject } from "./representation.ts";
import { isTrue, type ResourceRequest } from "./request-context.ts";

/** Changes read at once. */
const batchSize = 500;
/** Milliseconds between bookmarks, for clients that allow them. */
const bookmarkMs = 60_000;
/** Milliseconds between questions whether the caller is still welcome. */
const aliveMs = 20_000;

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

/**
 * Answers a watch: one JSON event per line, until the client leaves, `timeoutSeconds` have passed or the API's own bound is reached; clients
 * then watch again from the last resourceVersion. A resourceVersion that is too old (or from the future) ends it with an ERROR event, 410 Expired.
 */
export function watchObjects(
  context: ResourceRequest,
  as: Representation,
  open: (object: KubeObject) => Promise<KubeObject>,
): Response {
  const selection = parseSelection(context);
  const start = startOf(context);
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, context.request.signal]);
  const events = watchEvents(context, selection, start, signal);
  const encoder = new TextEncoder();
  let first = true;
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await events.next();
      if (next.done === true) {
        controller.close();
        return;
      }
      const { type, object } = next.value;
      const plain = type === "ERROR" || type === "BOOKMARK";
      const shown = plain
        ? object
        : representObject(await open(object), context.resolved, as, context.deps.clock.now(), { withColumns: first });
      if (!plain) first = false;
      controller.enqueue(encoder.encode(`${stringifyJson({ type, object: shown })}\n`));
    },
    cancel: async () => {
      left.abort(new Error("the client left"));
      await events.return(undefined);
    },
  });
  return new Response(stream, {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-cache" },
  });
}

/** Where the watch begins: with the objects there are, or behind a resourceVersion. */
function startOf(context: ResourceRequest): number | "objects" {
  const text = context.query.get("resourceVersion") ?? "";
  if (isTrue(context.query.get("sendInitialEvents"))) return "objects";
  return text === "" || text === "0" ? "objects" : parseVersion(text);
}

async function* watchEvents(
  context: ResourceRequest,
  selection: Selection,
  start: number | "objects",
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, void> {
  const { deps, resolved, query } = context;
  const { clock, store, limits } = deps;
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const asked = Number(query.get("timeoutSeconds") ?? "0") * 1000;
  const end = clock.now() + Math.min(asked > 0 ? asked : limits.maxWatchMs, limits.maxWatchMs);
  const bell = createBell();
  const leave = store.onChange?.((type) => {
    if (type === resolved.storeType) bell.ring();
  });
  try {
    let since = start === "objects" ? 0 : start;
    if (start === "objects") {
      const page = await store.list(
        resolved.storeType,
        context.namespace === "" ? {} : { namespace: context.namespace },
      );
      for (const stored of page.objects) {
        const object = fromStore(stored, resolved);
        if (selects(selection, object)) yield { type: "ADDED", object };
      }
      since = page.version;
      if (bookmarks && isTrue(query.get("sendInitialEvents"))) yield bookmark(context, since, true);
    }
    let bookmarked = clock.now();
    let asked = clock.now();
    while (!signal.aborted) {
      const batch = await store.changes(resolved.storeType, since, batchSize);
      if (batch === undefined) {
        const message = `too old resource version: ${since} (${await store.version()})`;
        yield { type: "ERROR", object: new ApiError("Expired", message).toStatus() };
        return;
      }
      for (const change of batch.changes) {
        const event = eventOf(change, since, selection, context);
        if (event !== undefined) yield event;
      }
      since = batch.version;
      const now = clock.now();
      if (now >= end) break;
      if (bookmarks && now - bookmarked >= bookmarkMs) {
        bookmarked = now;
        yield bookmark(context, since, false);
      }
      if (now - asked >= aliveMs) {
        asked = now;
        if (!(await isWelcome(context))) {
          const subject = { group: resolved.type.group, resource: resolved.type.plural };
          yield { type: "ERROR", object: forbidden(subject, "the token is no longer valid").toStatus() };
          return;
        }
      }
      if (batch.changes.length === 0) await bell.wait(Math.min(limits.watchPollMs, end - now), clock, signal);
    }
    if (bookmarks && !signal.aborted) yield bookmark(context, since, false);
  } finally {
    leave?.();
  }
}

function isWelcome(context: ResourceRequest): Promise<boolean> {
  const { resolved, target, namespace, name } = context;
  return context.caller.may({
    verb: "watch",
    group: resolved.type.group,
    resource: resolved.type.plural,
    subresource: target.subresource,
    namespace,
    name,
  });
}

function eventOf(
  change: ObjectChange,
  since: number,
  selection: Selection,
  context: ResourceRequest,
): WatchEvent | undefined {
  const { resolved, namespace } = context;
  if (namespace !== "" && change.object.namespace !== namespace) return undefined;
  const object = fromStore(change.object, resolved);
  const isSelected = selects(selection, object);
  if (change.type === "delete") {
    return isSelected ? { type: "DELETED", object } : undefined;
  }
  const wasSelected = wasSelectedBefore(change, since, selection, context);
  if (isSelected) return { type: wasSelected ? "MODIFIED" : "ADDED", object };
  return wasSelected ? { type: "DELETED", object } : undefined;
}

function wasSelectedBefore(
  change: ObjectChange & { readonly type: "put" },
  since: number,
  selection: Selection,
  context: ResourceRequest,
): boolean {
  if (change.previous !== undefined) return selects(selection, fromPrevious(change.previous, context.resolved));
  // A store without memory of what was: an object that was there before may have been selected, and a needless DELETED harms nobody.
  return change.object.createdVersion <= since && change.object.createdVersion !== change.object.version;
}

function bookmark(context: ResourceRequest, version: number, initialEnd: boolean): WatchEvent {
  const { resolved } = context;
  const annotations: MutableJsonMap = { "k8s.io/initial-events-end": "true" };
  const object: KubeObject = {
    kind: resolved.type.kind,
    apiVersion: resolved.apiVersion,
    metadata: { creationTimestamp: null, ...(initialEnd && { annotations }) },
  };
  return { type: "BOOKMARK", object: withVersion(object, String(version)) };
}

/** Wakes a waiter; a ring before the wait is not lost. */
function createBell(): {
  ring(): void;
  wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void>;
} {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (ms, clock, signal) => {
      if (!rung) {
        const done = new AbortController();
        const heard = new Promise<void>((resolve) => {
          wake = resolve;
        });
        // The sleep ends by time, by the client leaving, or because the bell rang first: all mean "look again".
        const slept = clock.sleep(ms, AbortSignal.any([signal, done.signal])).catch(() => undefined);
        await Promise.race([heard, slept]);
        done.abort(new Error("the wait is over"));
        wake = undefined;
      }
      rung = false;
    },
  };
}
