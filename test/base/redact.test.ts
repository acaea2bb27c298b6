import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRedactor, redactDeep } from "../../src/base/index.ts";

describe("T14: a redactor", () => {
  const secret = `p"a\\s/s+w%rd`;
  const forms: readonly { readonly name: string; readonly text: string }[] = [
    { name: "plain", text: secret },
    { name: "base64", text: Buffer.from(secret).toString("base64") },
    { name: "base64 without its padding", text: Buffer.from(secret).toString("base64").replace(/=+$/, "") },
    { name: "URL-encoded", text: encodeURIComponent(secret) },
    { name: "JSON-escaped", text: JSON.stringify(secret).slice(1, -1) },
  ];
  for (const { name, text } of forms) {
    it(`removes a value that is ${name}`, () => {
      const redactor = createRedactor();
      redactor.add(secret);
      assert.equal(redactor.redact(`before ${text} after`), "before [redacted] after");
    });
  }

  for (const before of ["", "B", "Be", "Bearer "]) {
    it(`removes most of a value from the base64 of ${JSON.stringify(`${before}…`)}`, () => {
      const redactor = createRedactor();
      redactor.add("token-of-some-length");
      const text = Buffer.from(`${before}token-of-some-length and more`).toString("base64");
      const left = Buffer.from(redactor.redact(text).replace("[redacted]", ""), "base64").toString("latin1");
      assert.match(redactor.redact(text), /\[redacted\]/);
      assert.doesNotMatch(left, /token-|length/);
    });
  }

  it("removes the lines of a key, but not the frame that every key has", () => {
    const redactor = createRedactor();
    redactor.add(
      "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END PRIVATE KEY-----\n",
    );
    assert.equal(redactor.redact("  MIGHAgEAMBMGByqGSM49\n"), "  [redacted]\n");
    assert.equal(redactor.redact("-----BEGIN PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----");
  });

  it("knows a long value although it was clipped", () => {
    const redactor = createRedactor();
    const long = Array.from({ length: 200 }, (_, index) => String.fromCharCode(97 + ((index * 7) % 26))).join("");
    redactor.add(long);
    assert.equal(redactor.redact(`${long.slice(0, 64)}…`), "[redacted][redacted]…");
  });

  it("takes credentials out of URLs that nobody told it about", () => {
    assert.equal(createRedactor().redact("GET https://ada:s3cret@h/x"), "GET https://[redacted]@h/x");
  });

  it("survives half a surrogate pair", () => {
    const redactor = createRedactor();
    redactor.add("half \ud800 pair");
    assert.equal(redactor.redact("a half \ud800 pair"), "a [redacted]");
  });

  it("forgets the oldest of very many values", () => {
    const redactor = createRedactor();
    for (let n = 0; n < 4_100; n++) redactor.add(`value-${n}-`);
    assert.equal(redactor.redact("value-0- value-4099-"), "value-0- [redacted]");
  });

  it("goes through maps, lists and errors and keeps their shape", () => {
    const redactor = createRedactor();
    redactor.add("hunter22");
    const { error, ...rest } = redactDeep(redactor, {
      list: ["hunter22", 1],
      error: new Error("no hunter22"),
      big: 1n,
    });
    assert.deepEqual(rest, { list: ["[redacted]", 1], big: "1" });
    assert.equal(error.message, "no [redacted]");
  });
});

it("T25: words of lateen's own stay what they are, whatever a secret is", () => {
  const redactor = createRedactor();
  redactor.add("Succeeded");
  assert.deepEqual(redactDeep(redactor, { type: "ReconcileSucceeded", message: "Succeeded" }, new Set(["type"])), {
    type: "ReconcileSucceeded",
    message: "[redacted]",
  });
});

describe("T14 T25: the scope of one App", () => {
  it("knows what all know, and keeps what it learns to itself and the log", () => {
    const forLog = createRedactor();
    const all = createRedactor({ witness: forLog });
    all.add("operator-secret");
    const one = all.scope();
    one.add("succeeded");
    assert.equal(one.redact("operator-secret succeeded"), "[redacted] [redacted]");
    assert.equal(all.redact("operator-secret succeeded"), "[redacted] succeeded");
    assert.equal(all.scope().redact("operator-secret succeeded"), "[redacted] succeeded");
    assert.equal(forLog.redact("operator-secret succeeded"), "[redacted] [redacted]");
  });
});
