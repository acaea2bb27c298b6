import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { equalJson, type Json, parseJson, stringifyJson } from "../../src/resource/index.ts";

const big = 9007199254740993n;

describe("JSON keeps the digits of integers", () => {
  const cases: readonly (readonly [text: string, want: Json])[] = [
    ["9007199254740993", big],
    [" -9007199254740993", -big],
    ["[9007199254740993]", [big]],
    ["[1,\t9007199254740993]", [1, big]],
    ['{"a" :\r\n 9007199254740993}', { a: big }],
    ['{"a":"1795258765250390800","b":-9007199254740993}', { a: "1795258765250390800", b: -big }],
    ['{"a":"1795258765250390800","b":1.5}', { a: "1795258765250390800", b: 1.5 }],
    ['["{\\"a\\":9007199254740993}"]', ['{"a":9007199254740993}']],
    ["[1e400, 12345678901234567.5]", [Number.POSITIVE_INFINITY, 12345678901234568]],
  ];
  for (const [text, want] of cases) it(JSON.stringify(text), () => assert.deepEqual(parseJson(text), want));

  it("for any value, however it is laid out", () => {
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        fc
          .bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
          .filter((number) => number < -(2n ** 53n) || number > 2n ** 53n),
        fc.integer(),
        fc.string(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 4), (input, indent) => {
        assert.ok(equalJson(parseJson(stringifyJson(input, { indent })), input));
      }),
      { numRuns: 300 },
    );
  });
});
