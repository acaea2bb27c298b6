import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sha1 } from "../../src/git/pack/sha1.ts";

/** The first 320 bytes of the two documents that were published in 2017 as the first collision ("SHAttered"): a shared start, then two differing blocks. */
const start = Buffer.from(
  "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033203020522f547970652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f7253706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe01",
  "hex",
);
const blocks = [
  "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1",
  "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1",
].map((hex) => Buffer.from(hex, "hex"));

describe("SHA-1 with collision detection", () => {
  test("T9: both halves of a published collision are noticed, with whatever comes after them", () => {
    for (const block of blocks) {
      for (const rest of ["", "more", "x".repeat(1000)]) {
        const bytes = Buffer.concat([start, block, Buffer.from(rest)]);
        assert.deepEqual(sha1(bytes), { id: native(bytes), isCollision: true });
      }
    }
    assert.equal(
      sha1(Buffer.concat([start, blocks[0] ?? start])).id,
      sha1(Buffer.concat([start, blocks[1] ?? start])).id,
    );
  });

  test("T9: parts of it, and a half with one bit changed, are no collision", () => {
    const whole = Buffer.concat([start, blocks[0] ?? start]);
    for (const end of [64, 192, 256, 319]) assert.equal(sha1(whole.subarray(0, end)).isCollision, false);
    const changed = Buffer.from(whole);
    changed[300] = (changed[300] ?? 0) ^ 1;
    assert.equal(sha1(changed).isCollision, false);
  });

  test("ids are those of the platform, at every length around the block size", () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = Buffer.alloc(length, length);
      assert.deepEqual(sha1(bytes), { id: native(bytes), isCollision: false });
    }
  });

  test("ordinary bytes have the platform's id and are no collision", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        assert.deepEqual(sha1(bytes), { id: native(bytes), isCollision: false });
      }),
    );
  });
});

function native(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}
