import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Dict, Float, limitOf, List, type Value } from "../../../src/starlark/index.ts";
import { call, failureOf } from "./call.ts";

const dict = (entries: Readonly<Record<string, Value>>): Dict => Dict.of(Object.entries(entries));

describe("toml.encode", () => {
  it("plain keys before tables, both sorted, tables indented", () => {
    const value = dict({
      z: dict({ b: dict({ d: 1 }), a: new List([1, "x", dict({ k: null, l: 2 })]) }),
      "a b": new List([dict({ a: 1 }), dict({ b: new List([dict({ c: 2 })]) })]),
      q: new Float(1),
      "": true,
      n: null,
    });
    assert.equal(
      call("toml.encode", [value]),
      `"" = true
q = 1.0

[["a b"]]
  a = 1

[["a b"]]

  [["a b".b]]
    c = 2

[z]
  a = [1, "x", {l = 2}]
  [z.b]
    d = 1
`,
    );
  });
  it("indents as wanted", () => {
    assert.equal(call("toml.encode", [dict({ a: dict({ b: dict({}) }) })], { indent: 4 }), "[a]\n    [a.b]\n");
  });
  it("floats without exponent, strings with escapes", () => {
    const value = new List([1e21, 1.5e-7, -0, Number.NaN, Number.NEGATIVE_INFINITY].map((float) => new Float(float)));
    assert.equal(
      call("toml.encode", [dict({ a: value, b: 'a"\\\t\u0000\u007fé' })]),
      'a = [1000000000000000000000.0, 0.00000015, -0.0, nan, -inf]\nb = "a\\"\\\\\\t\\u0000\\u007fé"\n',
    );
  });
  const refused: readonly (readonly [value: Value, want: string])[] = [
    [5, "toml: top-level values must be Go maps or structs"],
    [new List([dict({})]), "toml: top-level values must be Go maps or structs"],
    [dict({ a: new List([null]) }), "toml: cannot encode array with nil element"],
    [dict({ a: new List([new List([null])]) }), "toml: cannot encode array with nil element"],
  ];
  for (const [value, want] of refused)
    it(`refuses: ${want}`, () => {
      assert.equal(
        failureOf(() => call("toml.encode", [value])),
        `toml.encode: ${want}`,
      );
    });
});

describe("toml.decode", () => {
  it("sorts keys, tells ints from floats", () => {
    const value = call("toml.decode", ["z = 9223372036854775807\na = 1.0\n[t.__proto__]\nx = [1, {y = true}]\n"]);
    assert.ok(value instanceof Dict);
    assert.deepEqual([...value.keys()], ["a", "t", "z"]);
    assert.deepEqual(value.get("a"), new Float(1));
    assert.equal(value.get("z"), 2n ** 63n - 1n);
    assert.equal(call("json.encode", [value.get("t") ?? null]), '{"__proto__":{"x":[1,{"y":true}]}}');
  });
  it("refuses what nests too deep, by brackets or by dots", () => {
    const isLimit = (error: unknown): boolean => limitOf(error) !== undefined;
    assert.throws(() => call("toml.decode", [`a${".a".repeat(100_000)} = 1`]), isLimit);
    assert.throws(() => call("toml.decode", [`a = ${"[".repeat(100_000)}`]), /nest|depth/);
  });
  it("tells the line of a fault, and that dates have no type", () => {
    assert.match(
      failureOf(() => call("toml.decode", ["a = 1\nb = ?\n"])),
      /^toml\.decode: toml: line 2: [^\n]+$/,
    );
    assert.match(
      failureOf(() => call("toml.decode", ["a = 1979-05-27"])),
      /^toml\.decode: dates/,
    );
  });
});
