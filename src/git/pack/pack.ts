/**
 * A pack: `PACK`, version 2, object count (4 bytes each), the objects, SHA-1 of all that. An object is a varint of type and size (4 + 7 + 7… bits),
 * for an ofs-delta the distance to its base, for a ref-delta the base's id, then its zlib stream (git's gitformat-pack).
 */
import { createHash } from "node:crypto";
import { type InflateRaw, inflateSync } from "node:zlib";
import { GitError, limitError } from "../git-error.ts";
import type { GitLimits } from "../limits.ts";
import { applyDelta, DeltaError, readDeltaSizes } from "./delta.ts";
import { type GitObject, inspectObject, type ObjectType } from "./object.ts";

type PackLimits = Pick<GitLimits, "maxDecodedBytes" | "maxObjects" | "maxDeltaDepth" | "maxBlobBytes">;

interface Entry {
  readonly index: number;
  readonly offset: number;
  readonly kind: ObjectType | "ofs-delta" | "ref-delta";
  /** Content, or delta instructions. */
  readonly bytes: Uint8Array;
  readonly baseOffset?: number;
  readonly baseId?: string;
}

const headerSize = 12;
const trailerSize = 20;

/**
 * All objects of a pack by id, each id computed from the content. Deltas are resolved with a list, not by recursion.
 * @throws GitError `GIT_PACK` naming byte offset or object index, `GIT_LIMIT`.
 */
export function readPack(pack: Uint8Array, limits: PackLimits): Map<string, GitObject> {
  const count = readHeader(pack, limits);
  const end = pack.length - trailerSize;
  const budget: Budget = { decoded: 0, limits };
  const entries: Entry[] = [];
  let at = headerSize;
  for (let index = 0; index < count; index++) {
    const entry = readEntry(pack, at, end, index, budget);
    entries.push(entry.entry);
    at = entry.end;
  }
  if (at !== end) throw packError(`${end - at} bytes too many after the last object at byte ${at}`);
  const sum = createHash("sha1").update(pack.subarray(0, end)).digest();
  if (!sum.equals(pack.subarray(end))) throw packError(`checksum at byte ${end} does not match`);
  return resolveEntries(entries, budget);
}

function readHeader(pack: Uint8Array, limits: PackLimits): number {
  if (pack.length < headerSize + trailerSize) throw packError(`ends at byte ${pack.length}, too short`);
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
  if (view.getUint32(0) !== 0x5041434b) throw packError("does not begin with PACK at byte 0");
  if (view.getUint32(4) !== 2) throw packError(`has version ${view.getUint32(4)} at byte 4, only 2 is known`);
  const count = view.getUint32(8);
  if (count > limits.maxObjects) throw limitError("maxObjects", limits.maxObjects, `the pack holds ${count} objects`);
  return count;
}

/** Decoded bytes so far, against `maxDecodedBytes`. */
interface Budget {
  decoded: number;
  readonly limits: PackLimits;
}

function spend(budget: Budget, bytes: number, index: number): void {
  budget.decoded += bytes;
  if (budget.decoded > budget.limits.maxDecodedBytes) {
    throw limitError(
      "maxDecodedBytes",
      budget.limits.maxDecodedBytes,
      `the pack unpacks to too much at object ${index}`,
    );
  }
}

function readEntry(
  pack: Uint8Array,
  start: number,
  end: number,
  index: number,
  budget: Budget,
): { entry: Entry; end: number } {
  const header = readEntryHeader(pack, start, end, index);
  let at = header.end;
  const base = readBase(pack, at, end, header.kind, start, index);
  at = base.end;
  const isDelta = header.kind === "ofs-delta" || header.kind === "ref-delta";
  if (!isDelta && header.size > budget.limits.maxBlobBytes) {
    throw limitError(
      "maxBlobBytes",
      budget.limits.maxBlobBytes,
      `object ${index} of the pack has ${header.size} bytes`,
    );
  }
  // Before inflating: a declared size is a promise that inflate is then held to.
  spend(budget, header.size, index);
  const inflated = inflateAt(pack, at, end, header.size, index);
  return {
    entry: { index, offset: start, kind: header.kind, bytes: inflated.bytes, ...base.fields },
    end: inflated.end,
  };
}

const kinds: Readonly<Record<number, Entry["kind"]>> = {
  1: "commit",
  2: "tree",
  3: "blob",
  4: "tag",
  6: "ofs-delta",
  7: "ref-delta",
};

function readEntryHeader(
  pack: Uint8Array,
  start: number,
  end: number,
  index: number,
): { kind: Entry["kind"]; size: number; end: number } {
  let at = start;
  const next = (): number => {
    const byte = at < end ? pack[at] : undefined;
    at++;
    if (byte === undefined) throw packError(`object ${index} ends early at byte ${start}`);
    return byte;
  };
  let byte = next();
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  let scale = 16;
  while (byte >= 0x80) {
    byte = next();
    size += (byte & 0x7f) * scale;
    scale *= 128;
    if (size > Number.MAX_SAFE_INTEGER) throw packError(`size of object ${index} overflows at byte ${start}`);
  }
  const kind = kinds[type];
  if (kind === undefined) throw packError(`object ${index} at byte ${start} has the unknown type ${type}`);
  return { kind, size, end: at };
}

function readBase(
  pack: Uint8Array,
  start: number,
  end: number,
  kind: Entry["kind"],
  entryStart: number,
  index: number,
): { fields: Pick<Entry, "baseOffset" | "baseId">; end: number } {
  if (kind === "ref-delta") {
    if (start + 20 > end) throw packError(`object ${index} ends early at byte ${entryStart}`);
    return { fields: { baseId: Buffer.from(pack.subarray(start, start + 20)).toString("hex") }, end: start + 20 };
  }
  if (kind !== "ofs-delta") return { fields: {}, end: start };
  let distance = 0;
  for (let at = start; ; at++) {
    const byte = at < end ? pack[at] : undefined;
    if (byte === undefined) throw packError(`object ${index} ends early at byte ${entryStart}`);
    distance = distance * 128 + (byte & 0x7f) + (byte >= 0x80 ? 1 : 0);
    if (distance > entryStart) throw packError(`base of object ${index} lies outside the pack (byte ${entryStart})`);
    if (byte < 0x80) {
      return { fields: { baseOffset: entryStart - distance }, end: at + 1 };
    }
  }
}

/** Node's `inflateSync` answers its engine too when asked for `info`; the types do not say so. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: Pick<InflateRaw, "bytesWritten">;
}

function inflateAt(
  pack: Uint8Array,
  start: number,
  end: number,
  size: number,
  index: number,
): { bytes: Uint8Array; end: number } {
  let inflated: Inflated;
  try {
    // One byte of room more than declared: what inflates to too much is told from what fits.
    const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, 65_536)) };
    inflated = inflateSync(pack.subarray(start, end), options) as unknown as Inflated;
  } catch (cause) {
    throw packError(`object ${index} at byte ${start} does not inflate to its ${size} bytes`, cause);
  }
  if (inflated.buffer.length !== size) {
    throw packError(`object ${index} at byte ${start} inflates to ${inflated.buffer.length} bytes, not ${size}`);
  }
  return { bytes: inflated.buffer, end: start + inflated.engine.bytesWritten };
}

interface Resolved {
  readonly entry: Entry;
  readonly object: GitObject;
  readonly depth: number;
}

function resolveEntries(entries: readonly Entry[], budget: Budget): Map<string, GitObject> {
  const byBaseOffset = Map.groupBy(
    entries.filter((entry) => entry.baseOffset !== undefined),
    (entry) => entry.baseOffset,
  );
  const byBaseId = Map.groupBy(
    entries.filter((entry) => entry.baseId !== undefined),
    (entry) => entry.baseId,
  );
  const objects = new Map<string, GitObject>();
  const stack: Resolved[] = [];
  for (const entry of entries) {
    if (entry.kind !== "ofs-delta" && entry.kind !== "ref-delta") {
      stack.push({ entry, object: { type: entry.kind, bytes: entry.bytes }, depth: 0 });
    }
  }
  let resolved = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { entry, object, depth } = next;
    const { id: oid, isCollision } = inspectObject(object);
    if (isCollision) {
      throw new GitError(`object ${oid} is one half of a SHA-1 collision attack`, { code: "GIT_OBJECT", oid });
    }
    if (objects.has(oid)) throw packError(`object ${entry.index} (${oid}) is in the pack twice`);
    objects.set(oid, object);
    resolved++;
    for (const child of [...(byBaseOffset.get(entry.offset) ?? []), ...(byBaseId.get(oid) ?? [])]) {
      if (depth + 1 > budget.limits.maxDeltaDepth) {
        throw limitError(
          "maxDeltaDepth",
          budget.limits.maxDeltaDepth,
          `object ${child.index} of the pack is a delta of too many deltas`,
        );
      }
      stack.push({ entry: child, object: resolveDelta(object, child, budget), depth: depth + 1 });
    }
  }
  if (resolved < entries.length) throw unresolved(entries, byBaseOffset, objects);
  return objects;
}

function resolveDelta(base: GitObject, entry: Entry, budget: Budget): GitObject {
  try {
    const size = readDeltaSizes(entry.bytes).result;
    if (size > budget.limits.maxBlobBytes) {
      throw limitError(
        "maxBlobBytes",
        budget.limits.maxBlobBytes,
        `object ${entry.index} of the pack has ${size} bytes`,
      );
    }
    spend(budget, size, entry.index);
    return { type: base.type, bytes: applyDelta(base.bytes, entry.bytes, size) };
  } catch (error) {
    if (error instanceof DeltaError)
      throw packError(`delta of object ${entry.index} at byte ${entry.offset}: ${error.message}`);
    throw error;
  }
}

/** A delta whose chain never reaches a whole object: its base is not there, or it is its own base in the end. */
function unresolved(
  entries: readonly Entry[],
  byBaseOffset: ReadonlyMap<unknown, unknown>,
  objects: ReadonlyMap<string, GitObject>,
): GitError {
  const offsets = new Set(entries.map((entry) => entry.offset));
  for (const entry of entries) {
    if (entry.baseOffset !== undefined && !offsets.has(entry.baseOffset)) {
      return packError(`base of object ${entry.index} at byte ${entry.baseOffset} is not the start of an object`);
    }
    if (entry.baseId !== undefined && !objects.has(entry.baseId) && !byBaseOffset.has(entry.offset)) {
      return packError(
        `base ${entry.baseId} of object ${entry.index} is not in the pack, or the delta is its own base`,
      );
    }
  }
  return packError("deltas go round in a circle");
}

function packError(what: string, cause?: unknown): GitError {
  return new GitError(`bad pack: ${what}`, { code: "GIT_PACK" }, cause === undefined ? {} : { cause });
}
