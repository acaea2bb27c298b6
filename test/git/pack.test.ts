import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { GitError, objectId, type ObjectType } from "../../src/git/index.ts";
import { defaultGitLimits } from "../../src/git/limits.ts";
import { applyDelta, DeltaError } from "../../src/git/pack/delta.ts";
import { readPack } from "../../src/git/pack/pack.ts";

const limits = { ...defaultGitLimits, maxBlobBytes: 5000, maxDecodedBytes: 20_000, maxObjects: 50 };
const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

describe("delta", () => {
  test("applyDelta(base, makeDelta(base, target)) is the target", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.oneof(fc.nat(399), fc.uint8Array({ maxLength: 200 })), { maxLength: 8 }),
        (base, plan) => {
          const { delta, target } = makeDelta(base, plan);
          assert.deepEqual(Buffer.from(applyDelta(base, delta, target.length)), Buffer.from(target));
        },
      ),
    );
  });

  test("B33: any bytes as a delta give a result of the declared size or a DeltaError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (base, delta) => {
        try {
          assert.ok(applyDelta(base, delta, 1000).length <= 1000);
        } catch (error) {
          assert.ok(error instanceof DeltaError);
        }
      }),
    );
  });

  const base = Buffer.from("0123456789");
  const bad = [
    { name: "another base size", delta: [9, 1, 1, 65], error: /base size is 10, the delta says 9/ },
    { name: "a result over the limit", delta: [10, 0xff, 0xff, 0xff, 0x7f], error: /result of \d+ bytes is over/ },
    { name: "a copy past the base", delta: [10, 5, 0x91, 8, 5], error: /copy of 5 bytes from 8 goes past the end/ },
    { name: "a copy past the result", delta: [10, 2, 0x91, 0, 5], error: /goes past the end/ },
    { name: "an insert past the delta", delta: [10, 5, 5, 65], error: /insert at byte 2 goes past the end/ },
    { name: "the reserved instruction", delta: [10, 1, 0], error: /reserved instruction at byte 2/ },
    { name: "a short result", delta: [10, 5, 1, 65], error: /result has 1 bytes, the delta says 5/ },
    { name: "a truncated copy", delta: [10, 5, 0x91], error: /truncated copy/ },
    { name: "a size without end", delta: new Array<number>(20).fill(0xff), error: /size overflow/ },
  ];
  for (const { name, delta, error } of bad) {
    test(`B33: ${name} is refused`, () => {
      assert.throws(() => applyDelta(base, Uint8Array.from(delta), 1_000_000), error);
    });
  }
});

describe("pack", () => {
  const blob = Buffer.from("hello\n");
  const blobId = objectId({ type: "blob", bytes: blob });

  test("objects come by their own ids, ofs- and ref-deltas resolved through chains", () => {
    const target = Buffer.from("hello world\n");
    const delta = Buffer.concat([Buffer.of(6, 12, 0x90, 5, 7), Buffer.from(" world\n")]);
    const second = Buffer.concat([Buffer.of(12, 13, 0x90, 12, 1), Buffer.from("!")]);
    const targetId = objectId({ type: "blob", bytes: target });
    const pack = makePack([
      { type: "blob", bytes: blob },
      { baseIndex: 0, bytes: delta },
      { baseId: targetId, bytes: second },
    ]);
    const want = new Map([
      [blobId, "hello\n"],
      [targetId, "hello world\n"],
      [objectId({ type: "blob", bytes: Buffer.from("hello world\n!") }), "hello world\n!"],
    ]);
    const objects = readPack(pack, limits);
    assert.deepEqual(new Map([...objects].map(([oid, { bytes }]) => [oid, Buffer.from(bytes).toString()])), want);
    assert.deepEqual(new Set([...objects.values()].map(({ type }) => type)), new Set(["blob"]));
  });

  test("F31: a pack cut at any byte is refused", () => {
    const pack = makePack([
      { type: "blob", bytes: blob },
      { type: "commit", bytes: Buffer.from("tree x") },
    ]);
    for (let end = 0; end < pack.length; end++)
      assert.throws(() => readPack(pack.subarray(0, end), limits), isPackError);
  });

  test("T9: a pack with any bit flipped is refused", () => {
    const pack = makePack([
      { type: "blob", bytes: blob },
      { type: "commit", bytes: Buffer.from("tree x") },
    ]);
    for (let bit = 0; bit < pack.length * 8; bit++) {
      const flipped = Buffer.from(pack);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => readPack(flipped, limits), GitError, `bit ${bit}`);
    }
  });

  test("any bytes give objects or a GitError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(3), (body, count) => {
        try {
          readPack(seal(Buffer.concat([packHeader(count), body])), limits);
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
    );
  });

  const whole = { type: "blob", bytes: blob } as const;
  const bad = [
    {
      name: "B31: bad magic",
      pack: seal(Buffer.concat([Buffer.from("KCAP"), packHeader(0).subarray(4)])),
      error: /begin with PACK at byte 0/,
    },
    {
      name: "B31: another version",
      pack: seal(Buffer.concat([Buffer.from("PACK\0\0\0\x03\0\0\0\0", "latin1")])),
      error: /version 3 at byte 4/,
    },
    { name: "B31: a count of 2^32-1", pack: seal(packHeader(0xffff_ffff)), error: /maxObjects = 50/ },
    { name: "B31: fewer objects than counted", pack: makePack([whole], { count: 2 }), error: /object 1 .*byte/ },
    {
      name: "B31: more objects than counted",
      pack: makePack([whole, { type: "tag", bytes: blob }], { count: 1 }),
      error: /bytes too many after the last object/,
    },
    {
      name: "B31: a bad trailer",
      pack: Buffer.concat([makePack([whole]).subarray(0, -1), Buffer.of(0)]),
      error: /checksum/,
    },
    {
      name: "B32: a size that overflows",
      pack: makePack([{ raw: Buffer.concat([Buffer.of(0xbf), Buffer.alloc(12, 0xff)]) }]),
      error: /size of object 0 overflows/,
    },
    {
      name: "B32: inflating to more than declared",
      pack: makePack([{ ...whole, declared: 5 }]),
      error: /object 0 at byte 13 inflates to 6 bytes, not 5/,
    },
    {
      name: "B32: inflating to less than declared",
      pack: makePack([{ ...whole, declared: 7 }]),
      error: /inflates to 6 bytes, not 7/,
    },
    {
      name: "an unknown type",
      pack: makePack([{ raw: Buffer.concat([Buffer.of(0x56), deflateSync(blob)]) }]),
      error: /unknown type 5/,
    },
    {
      name: "B33: an offset before the pack",
      pack: makePack([{ raw: Buffer.concat([Buffer.of(0x60, 0x7f), deflateSync(blob)]) }]),
      error: /outside the pack/,
    },
    {
      name: "B33: an offset between objects",
      pack: makePack([whole, { distance: 3, bytes: Buffer.of(6, 6, 0x90, 6) }]),
      error: /not the start of an object/,
    },
    {
      name: "B33: a missing base",
      pack: makePack([whole, { baseId: "3".repeat(40), bytes: Buffer.of(6, 6, 0x90, 6) }]),
      error: /base 3{40} of object 1 is not in the pack/,
    },
    {
      name: "B33: a lying delta",
      pack: makePack([whole, { baseIndex: 0, bytes: Buffer.of(9, 6, 0x90, 6) }]),
      error: /delta of object 1/,
    },
    { name: "B35: an object twice", pack: makePack([whole, whole]), error: /is in the pack twice/ },
    {
      name: "L6: a blob over the limit",
      pack: makePack([{ type: "blob", bytes: Buffer.alloc(5001) }]),
      error: /maxBlobBytes = 5,000/,
    },
    {
      name: "L6: a delta that grows over the limit",
      pack: makePack([whole, { baseIndex: 0, bytes: growing(6, 5001) }]),
      error: /maxBlobBytes/,
    },
    {
      name: "L5: objects over the limit together",
      pack: makePack([1, 2, 3, 4, 5].map((fill) => ({ type: "blob", bytes: Buffer.alloc(4001, fill) }))),
      error: /maxDecodedBytes = 20,000/,
    },
  ];
  for (const { name, pack, error } of bad) {
    test(`${name} is refused`, () => {
      assert.throws(
        () => readPack(pack, limits),
        (thrown) => thrown instanceof GitError && error.test(thrown.message),
      );
    });
  }

  test("B33: deltas that are each other's base end, they are not followed for ever", () => {
    // Whatever the ids are: neither chain begins at a whole object.
    const pack = makePack([
      { baseId: "4".repeat(40), bytes: Buffer.of(6, 6, 0x90, 6) },
      { baseId: "5".repeat(40), bytes: Buffer.of(6, 6, 0x90, 6) },
    ]);
    assert.throws(() => readPack(pack, limits), isPackError);
  });

  test("L6: delta chains of the limit are resolved without recursion, longer ones name it", () => {
    const entries: PackEntry[] = [{ type: "blob", bytes: Buffer.from("a") }];
    for (let depth = 1; depth <= 30; depth++) {
      entries.push({
        baseIndex: depth - 1,
        bytes: Buffer.concat([Buffer.of(depth, depth + 1, 0x90, depth, 1), Buffer.from("b")]),
      });
    }
    const pack = makePack(entries);
    assert.equal(readPack(pack, { ...limits, maxDeltaDepth: 30 }).size, 31);
    assert.throws(() => readPack(pack, { ...limits, maxDeltaDepth: 29 }), /maxDeltaDepth = 29/);
  });
});

type PackEntry =
  | { readonly type: ObjectType; readonly bytes: Uint8Array; readonly declared?: number }
  | { readonly baseIndex: number; readonly bytes: Uint8Array }
  | { readonly distance: number; readonly bytes: Uint8Array }
  | { readonly baseId: string; readonly bytes: Uint8Array }
  | { readonly raw: Uint8Array };

function makePack(entries: readonly PackEntry[], options: { readonly count?: number } = {}): Buffer {
  const parts: Buffer[] = [packHeader(options.count ?? entries.length)];
  const offsets: number[] = [];
  let at = 12;
  for (const entry of entries) {
    offsets.push(at);
    const bytes = packEntry(entry, at, offsets);
    parts.push(bytes);
    at += bytes.length;
  }
  return seal(Buffer.concat(parts));
}

function packEntry(entry: PackEntry, at: number, offsets: readonly number[]): Buffer {
  if ("raw" in entry) return Buffer.from(entry.raw);
  const body = deflateSync(entry.bytes);
  if ("type" in entry)
    return Buffer.concat([entryHeader(typeNumbers[entry.type], entry.declared ?? entry.bytes.length), body]);
  if ("baseId" in entry)
    return Buffer.concat([entryHeader(7, entry.bytes.length), Buffer.from(entry.baseId, "hex"), body]);
  const distance = "distance" in entry ? entry.distance : at - (offsets[entry.baseIndex] ?? 0);
  return Buffer.concat([entryHeader(6, entry.bytes.length), ofsVarint(distance), body]);
}

function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = size >> 4; rest > 0; rest >>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}

function ofsVarint(distance: number): Buffer {
  const bytes = [distance & 0x7f];
  for (let rest = distance >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (--rest & 0x7f));
  return Buffer.from(bytes);
}

function packHeader(count: number): Buffer {
  const header = Buffer.from("PACK\0\0\0\x02\0\0\0\0", "latin1");
  header.writeUInt32BE(count, 8);
  return header;
}

function seal(body: Buffer): Buffer {
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

/** A delta that copies its base again and again. */
function growing(baseSize: number, resultSize: number): Buffer {
  const copies = Math.floor(resultSize / baseSize);
  const rest = resultSize - copies * baseSize;
  const size = [(resultSize & 0x7f) | 0x80, resultSize >> 7];
  return Buffer.from([
    baseSize,
    ...size,
    ...new Array<number[]>(copies).fill([0x90, baseSize]).flat(),
    ...(rest > 0 ? [0x90, rest] : []),
  ]);
}

/** A delta by a plan: a number copies from there to the end of the base, bytes are inserted. */
function makeDelta(
  base: Uint8Array,
  plan: readonly (number | Uint8Array)[],
): { delta: Uint8Array; target: Uint8Array } {
  const target: number[] = [];
  const body: number[] = [];
  for (const step of plan) {
    if (typeof step === "number") {
      const offset = Math.min(step, base.length);
      const size = base.length - offset;
      if (size === 0) continue;
      body.push(0x80 | 0x03 | 0x30, offset & 255, offset >> 8, size & 255, size >> 8);
      target.push(...base.subarray(offset));
      continue;
    }
    for (let at = 0; at < step.length; at += 127) {
      const part = step.subarray(at, at + 127);
      body.push(part.length, ...part);
      target.push(...part);
    }
  }
  return {
    delta: Uint8Array.from([...leVarint(base.length), ...leVarint(target.length), ...body]),
    target: Uint8Array.from(target),
  };
}

function leVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return bytes;
}

function isPackError(error: unknown): boolean {
  return error instanceof GitError && error.failure.code === "GIT_PACK";
}
