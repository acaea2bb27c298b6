import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  Dict,
  Float,
  LimitExceeded,
  List,
  limitOf,
  StarlarkSet,
  Tuple,
  type Value,
} from "../../../src/starlark/index.ts";
import { Fragment } from "../../../src/ytt/values/fragment.ts";
import { readYaml } from "../../../src/ytt/tree/read.ts";
import { bytes, call, failureOf } from "./call.ts";

describe("json.encode", () => {
  const dict = (entries: Readonly<Record<string, Value>>): Dict => Dict.of(Object.entries(entries));
  const cases: readonly (readonly [name: string, value: Value, want: string])[] = [
    [
      "sorts keys by their bytes",
      dict({ b: 1, a: 2, "\u{1F600}": 3, "\uffff": 4 }),
      '{"a":2,"b":1,"\uffff":4,"\u{1F600}":3}',
    ],
    ["whole floats without a point", new List([new Float(1), new Float(1e8)]), "[1,100000000]"],
    ["exponents as Go has them", new List([new Float(1e21), new Float(1e-7), new Float(-0)]), "[1e+21,1e-7,-0]"],
    ["ints of 64 bits", new List([2n ** 64n - 1n, -(2n ** 63n)]), "[18446744073709551615,-9223372036854775808]"],
    ["tuples and sets as arrays", new Tuple([1, StarlarkSet.of([2])]), "[1,[2]]"],
    ["characters special to HTML and JavaScript", "<&>\u2028\u2029", '"\\u003c\\u0026\\u003e\\u2028\\u2029"'],
    ["control characters", '\b\f\n\u0001\u007f"\\', '"\\b\\f\\n\\u0001\u007f\\"\\\\"'],
    ["bytes of no character", `${bytes(0xff, 0xe9)}\\udc80`, '"\\ufffd\\ufffd\\\\udc80"'],
    ["null, true", new List([null, true]), "[null,true]"],
  ];
  for (const [name, value, want] of cases)
    it(name, () => {
      assert.equal(call("json.encode", [value]), want);
    });

  it("indents, and leaves empty containers in one line", () => {
    const value = dict({ b: new List([1, new Dict()]), a: new List([]) });
    assert.equal(call("json.encode", [value], { indent: 2 }), '{\n  "a": [],\n  "b": [\n    1,\n    {}\n  ]\n}');
  });
  it("fragments as what they hold", () => {
    const data = readYaml("b: [1, ~]\na: x\n", { file: "" }).items[0]?.value;
    assert.ok(data !== null && typeof data === "object" && "kind" in data);
    assert.equal(call("json.encode", [new Fragment(data)]), '{"a":"x","b":[1,null]}');
  });
  it("html characters stay on request", () => {
    assert.equal(call("json.encode", ["<"], { escape_html: false }), '"<"');
  });

  const refused: readonly (readonly [
    args: readonly Value[],
    options: Readonly<Record<string, Value>>,
    want: string,
  ])[] = [
    [[], {}, "expected exactly one argument"],
    [[1], { indent: 9 }, "indent value must be between 0 and 8"],
    [[1], { indent: "x" }, "expected starlark.Int"],
    [[1], { foo: 1 }, "invalid argument name: foo"],
    [[new Float(Number.NaN)], {}, "json: unsupported value: NaN"],
    [[new Float(Number.NEGATIVE_INFINITY)], {}, "json: unsupported value: -Inf"],
    [[Dict.of([[1, 2]])], {}, "Expected key to be string"],
  ];
  for (const [args, options, want] of refused)
    it(`refuses: ${want}`, () => {
      assert.equal(
        failureOf(() => call("json.encode", args, options)),
        `json.encode: ${want}`,
      );
    });
});

describe("json.decode", () => {
  const refused: readonly (readonly [text: string, want: string])[] = [
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['"a', "unexpected end of JSON input"],
    ["-", "invalid character ' ' in numeric literal"],
    ["tru", "invalid character ' ' in literal true (expecting 'e')"],
    ["1 2", "invalid character '2' after top-level value"],
    ["01", "invalid character '1' after top-level value"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{'", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ["é", "invalid character 'Ã' looking for beginning of value"],
    ["\u0001", "invalid character '\\x01' looking for beginning of value"],
    ["[1e400,2]", "json: cannot unmarshal number 1e400 into Go value of type float64"],
    ["[1e400,", "unexpected end of JSON input"],
  ];
  for (const [text, want] of refused)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(
        failureOf(() => call("json.decode", [text])),
        `json.decode: ${want}`,
      );
    });

  it("sorts keys, keeps the last of equal ones, and reads numbers as floats", () => {
    const value = call("json.decode", ['{"b": 1, "a": {"d": 2, "c": 3}, "b": 4}']);
    assert.ok(value instanceof Dict);
    assert.deepEqual([...value.keys()], ["a", "b"]);
    assert.deepEqual(value.get("b"), new Float(4));
  });
  it("replaces what is no character", () => {
    assert.equal(call("json.decode", [`"${bytes(0xff)}\\ud83d\\u0041\\ud83d\\ude00"`]), "\ufffd\ufffdA\u{1F600}");
  });
  it("refuses what nests too deep", () => {
    assert.throws(
      () => call("json.decode", ["[".repeat(100_000)]),
      (error) => limitOf(error) instanceof LimitExceeded,
    );
  });
  it("reads what JavaScript writes, and what json.encode makes of it is the same again", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const encoded = call("json.encode", [call("json.decode", [text])]);
        assert.equal(typeof encoded, "string");
        if (typeof encoded === "string") assert.deepEqual(withoutMinusZero(encoded), withoutMinusZero(text));
        assert.equal(call("json.encode", [call("json.decode", [encoded])]), encoded);
      }),
    );
  });
  it("answers or refuses any text", () => {
    const likely = fc.string({ unit: fc.constantFrom(...'[]{}:,"\\u0019.eE+-truefalsn \n'.split("")) });
    fc.assert(
      fc.property(likely, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const failure = failureOf(() => call("json.decode", [text]));
        assert.equal(failure === "no failure" || failure.includes("cannot unmarshal number"), isJson, failure);
      }),
    );
  });
});

function withoutMinusZero(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => (value === 0 ? 0 : value));
}
