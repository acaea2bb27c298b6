import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Value } from "../../../src/starlark/index.ts";
import { bytes, call, failureOf } from "./call.ts";

type Options = Readonly<Record<string, Value>>;

describe("base64", () => {
  const encoded: readonly (readonly [text: string, options: Options, want: string])[] = [
    ["", {}, ""],
    ["a", {}, "YQ=="],
    ["ab", { raw: true }, "YWI"],
    ["a?>~", {}, "YT8+fg=="],
    ["a?>~", { url: true }, "YT8-fg=="],
    ["é", {}, "w6k="],
    [bytes(0xff), {}, "/w=="],
  ];
  for (const [text, options, want] of encoded)
    it(`encodes ${JSON.stringify(text)} ${Object.keys(options).join(" ")}`, () => {
      assert.equal(call("base64.encode", [text], options), want);
    });

  const decoded: readonly (readonly [text: string, options: Options, want: string])[] = [
    ["aGVs\nbG8=\r\n", {}, "hello"],
    ["YQ=\n=\n", {}, "a"],
    ["YWI", { raw: true }, "ab"],
    ["YR==", {}, "a"],
    ["/w==", {}, bytes(0xff)],
  ];
  for (const [text, options, want] of decoded)
    it(`decodes ${JSON.stringify(text)} ${Object.keys(options).join(" ")}`, () => {
      assert.equal(call("base64.decode", [text], options), want);
    });

  const refused: readonly (readonly [text: string, options: Options, at: number])[] = [
    ["YWI", {}, 0],
    ["Y", { raw: true }, 0],
    ["YQ=", {}, 3],
    ["YQ=a", {}, 2],
    ["YQ==YQ==", {}, 4],
    ["a-_b", {}, 1],
    ["YR==", { strict: true }, 2],
    ["YWJ=", { strict: true }, 3],
    ["é", {}, 0],
  ];
  for (const [text, options, at] of refused)
    it(`refuses ${JSON.stringify(text)} ${Object.keys(options).join(" ")}`, () => {
      assert.equal(
        failureOf(() => call("base64.decode", [text], options)),
        `base64.decode: illegal base64 data at input byte ${at}`,
      );
    });

  it("names arguments of wrong types", () => {
    assert.equal(
      failureOf(() => call("base64.encode", [5])),
      "base64.encode: expected a string, but was int",
    );
    assert.equal(
      failureOf(() => call("base64.encode", ["a"], { url: "x" })),
      "base64.encode: expected starlark.Bool, but was starlark.String",
    );
  });

  it("decodes what it has encoded, whatever the bytes and the variant", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), fc.boolean(), fc.boolean(), (data, url, raw, strict) => {
        const text = bytes(...data);
        const options = { url, raw, strict };
        assert.equal(call("base64.decode", [call("base64.encode", [text], options)], options), text);
      }),
    );
  });
});
