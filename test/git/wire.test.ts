import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { GitError } from "../../src/git/index.ts";
import { defaultGitLimits } from "../../src/git/limits.ts";
import { readCapabilities } from "../../src/git/wire/capabilities.ts";
import { encodeFetch, readFetchResponse } from "../../src/git/wire/fetch.ts";
import { encodeLsRefs, readRefs } from "../../src/git/wire/ls-refs.ts";
import { delimiterPacket, encodePacket, flushPacket, type Packet, readPackets } from "../../src/git/wire/pkt-line.ts";

const oid = "1".repeat(40);
const other = "2".repeat(40);

describe("pkt-line", () => {
  test("B20: any cutting of a stream into chunks gives the same packets", async () => {
    const packet = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => binaryPacket(bytes)),
      fc.constant(Buffer.from("0000")),
      fc.constant(Buffer.from("0001")),
      fc.constant(Buffer.from("0002")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 12 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        async (packets, cuts) => {
          const stream = Buffer.concat(packets);
          assert.deepEqual(await collect(chunksAt(stream, cuts)), await collect([stream]));
        },
      ),
    );
  });

  test("B20: single bytes give the same packets as one chunk", async () => {
    const stream = Buffer.concat([
      encodePacket("hello\n"),
      flushPacket,
      binaryPacket(new Uint8Array(65_516).fill(7)),
      delimiterPacket,
    ]);
    const bytes = [...stream].map((byte) => Buffer.of(byte));
    assert.deepEqual(await collect(bytes), await collect([stream]));
  });

  const bad = [
    { name: "bad hex", bytes: "0006a\nzzzz", error: /bad packet length "zzzz" at byte 6/ },
    { name: "a length with a sign", bytes: "-001", error: /bad packet length/ },
    { name: "the reserved length", bytes: "0003", error: /reserved packet length 0003 at byte 0/ },
    { name: "a length over the longest", bytes: "fff1", error: /packet of 65521 bytes at byte 0/ },
    { name: "an end inside a length", bytes: "000", error: /ends inside a packet at byte 0/ },
    { name: "an end inside a packet", bytes: "0000000ahel", error: /ends inside a packet at byte 4/ },
  ];
  for (const { name, bytes, error } of bad) {
    test(`B20: ${name} is an error with its offset`, async () => {
      await assert.rejects(collect([Buffer.from(bytes)]), error);
    });
  }
});

describe("capabilities", () => {
  test("are read with and without the service line", async () => {
    const lines = [
      encodePacket("version 2\n"),
      encodePacket("ls-refs=unborn\n"),
      encodePacket("fetch=shallow filter\n"),
      flushPacket,
    ];
    const service = [encodePacket("# service=git-upload-pack\n"), flushPacket];
    const want = new Map([
      ["ls-refs", "unborn"],
      ["fetch", "shallow filter"],
    ]);
    assert.deepEqual(await readCapabilities(packets(...lines)), want);
    assert.deepEqual(await readCapabilities(packets(...service, ...lines)), want);
  });

  const bad = [
    { name: "version 1", input: [encodePacket(`${oid} HEAD\0agent=x\n`), flushPacket] },
    { name: "nothing", input: [] },
    { name: "no flush", input: [encodePacket("version 2\n")] },
    { name: "a delimiter", input: [encodePacket("version 2\n"), delimiterPacket, flushPacket] },
  ];
  for (const { name, input } of bad) {
    test(`B19: ${name} is no protocol v2`, async () => {
      await assert.rejects(readCapabilities(packets(...input)), hasCode("GIT_PROTOCOL", /git protocol v2/));
    });
  }

  test("B21: an ERR packet is quoted, clipped and without control characters", async () => {
    const error = await rejection(
      readCapabilities(packets(encodePacket(`ERR no \u001b[31mway\u202e ${"x".repeat(2000)}`))),
    );
    assert.match(error.message, /^remote error: no \\u\{1b\}\[31mway\\u\{202e\} x+…$/);
    assert.ok(error.message.length < 600);
  });
});

describe("ls-refs", () => {
  test("asks for peeled tags and symbolic refs below prefixes", () => {
    const body = Buffer.from(encodeLsRefs(["refs/heads/main"])).toString();
    assert.match(body, /^0014command=ls-refs\n.*0001.*peel\n.*symrefs\n.*ref-prefix refs\/heads\/main\n0000$/s);
  });

  test("reads peeled tags, symbolic refs and drops what was not asked for", async () => {
    const answer = packets(
      encodePacket(`${oid} HEAD symref-target:refs/heads/main\n`),
      encodePacket(`${oid} refs/heads/main\n`),
      encodePacket(`${other} refs/tags/v1 peeled:${oid}\n`),
      encodePacket("unborn refs/heads/x symref-target:refs/heads/x\n"),
      flushPacket,
    );
    assert.deepEqual(await readRefs(answer, ["HEAD", "refs/tags/"], defaultGitLimits), [
      { name: "HEAD", oid, symrefTarget: "refs/heads/main" },
      { name: "refs/tags/v1", oid: other, peeled: oid },
    ]);
  });

  const limits = { ...defaultGitLimits, maxRefs: 3, maxRefNameBytes: 40 };
  const lines = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, index) => encodePacket(`${oid} refs/heads/b${index}\n`));
  test("B23: as many refs as the limit are read, one more names it", async () => {
    assert.equal((await readRefs(packets(...lines(3), flushPacket), [], limits)).length, 3);
    await assert.rejects(
      readRefs(packets(...lines(4), flushPacket), [], limits),
      hasCode("GIT_LIMIT", /limit maxRefs = 3/),
    );
  });
  test("B23: a long name names the limit, also when it is a megabyte of packets", async () => {
    const fits = `refs/heads/${"n".repeat(29)}`;
    assert.equal((await readRefs(packets(encodePacket(`${oid} ${fits}\n`), flushPacket), [], limits)).length, 1);
    await assert.rejects(
      readRefs(packets(encodePacket(`${oid} ${fits}x\n`), flushPacket), [], limits),
      /maxRefNameBytes = 40/,
    );
    await assert.rejects(
      readRefs(packets(encodePacket(`${oid} ${"n".repeat(60_000)}\n`), flushPacket), [], limits),
      /maxRefNameBytes/,
    );
  });
  const bad = [
    { name: "a ref listed twice", input: [...lines(1), ...lines(1), flushPacket], error: /listed twice/ },
    { name: "a short id", input: [encodePacket("abc refs/heads/main\n"), flushPacket], error: /bad line.*at byte 0/ },
    {
      name: "no UTF-8",
      input: [binaryPacket(Buffer.from(`${oid} refs/heads/\xff\n`, "latin1")), flushPacket],
      error: /not UTF-8/,
    },
    { name: "no flush", input: lines(1), error: /without a flush/ },
    { name: "data after the end", input: [flushPacket, ...lines(1)], error: /data after/ },
  ];
  for (const { name, input, error } of bad) {
    test(`B23: ${name} is an error`, async () => {
      await assert.rejects(readRefs(packets(...input), [], limits), error);
    });
  }
});

describe("fetch", () => {
  test("B22: asks for no feature that hands the work to other servers", () => {
    const body = Buffer.from(encodeFetch({ wants: [oid], depth: 1, filter: "tree:0" })).toString();
    assert.match(body, /deepen 1\n/);
    assert.match(body, /filter tree:0\n/);
    assert.match(body, new RegExp(`want ${oid}\\n0009done\\n0000$`));
    assert.doesNotMatch(body, /thin-pack|packfile-uris|include-tag|sideband-all/);
  });

  const band = (number: number, text: string): Uint8Array =>
    binaryPacket(Buffer.concat([Buffer.of(number), Buffer.from(text)]));
  test("joins side band 1 and passes over progress", async () => {
    const answer = packets(
      encodePacket("shallow-info\n"),
      encodePacket(`shallow ${oid}\n`),
      delimiterPacket,
      encodePacket("packfile\n"),
      band(2, "counting\r"),
      band(1, "PA"),
      band(1, "CK"),
      flushPacket,
    );
    assert.equal(Buffer.from(await readFetchResponse(answer, defaultGitLimits)).toString(), "PACK");
  });

  const header = encodePacket("packfile\n");
  const bad = [
    {
      name: "B21: an error on band 3",
      input: [header, band(3, "out of \u0007memory\n")],
      code: "GIT_REMOTE",
      error: /out of \\u\{7\}memory/,
    },
    { name: "B21: an ERR packet", input: [encodePacket("ERR nope")], code: "GIT_REMOTE", error: /remote error: nope/ },
    {
      name: "B26: not our ref",
      input: [encodePacket(`ERR upload-pack: not our ref ${oid}`)],
      code: "GIT_NOT_OUR_REF",
      error: /not our ref/,
    },
    {
      name: "B20: an unknown band",
      input: [header, band(9, "x")],
      code: "GIT_PROTOCOL",
      error: /unknown side band 9 at byte 13/,
    },
    {
      name: "B20: an empty packet in the pack",
      input: [header, binaryPacket(Buffer.of())],
      code: "GIT_PROTOCOL",
      error: /side band/,
    },
    {
      name: "B20: a raw pack",
      input: [encodePacket("NAK\n"), encodePacket("PACK")],
      code: "GIT_PROTOCOL",
      error: /unexpected section "NAK"/,
    },
    {
      name: "B22: a section that was not asked for",
      input: [encodePacket("packfile-uris\n")],
      code: "GIT_PROTOCOL",
      error: /unexpected section "packfile-uris"/,
    },
    {
      name: "B22: wanted-refs",
      input: [encodePacket("wanted-refs\n")],
      code: "GIT_PROTOCOL",
      error: /unexpected section/,
    },
    {
      name: "F31: no flush after the pack",
      input: [header, band(1, "PACK")],
      code: "GIT_UNREACHABLE",
      error: /before the pack is complete/,
    },
    { name: "data after the end", input: [header, flushPacket, header], code: "GIT_PROTOCOL", error: /after the end/ },
  ] as const;
  for (const { name, input, code, error } of bad) {
    test(`${name} is an error`, async () => {
      await assert.rejects(readFetchResponse(packets(...input), defaultGitLimits), hasCode(code, error));
    });
  }

  test("B21, L5: progress counts against the size of the pack", async () => {
    const limits = { ...defaultGitLimits, maxPackBytes: 100 };
    const below = packets(header, band(2, "p".repeat(49)), band(1, "x".repeat(49)), flushPacket);
    assert.equal((await readFetchResponse(below, limits)).length, 49);
    const above = packets(header, band(2, "p".repeat(50)), band(1, "x".repeat(49)), flushPacket);
    await assert.rejects(readFetchResponse(above, limits), hasCode("GIT_LIMIT", /maxPackBytes = 100/));
  });
});

function binaryPacket(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, "0")), payload]);
}

function packets(...parts: readonly Uint8Array[]): AsyncIterable<Packet> {
  return readPackets(stream(parts));
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function chunksAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

async function collect(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const out: unknown[] = [];
  for await (const packet of readPackets(stream(chunks))) {
    out.push(packet.kind === "data" ? { ...packet, payload: Buffer.from(packet.payload).toString("hex") } : packet);
  }
  return out;
}

function hasCode(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof GitError && error.failure.code === code && message.test(error.message);
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  return error;
}
