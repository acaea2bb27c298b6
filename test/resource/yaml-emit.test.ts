import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { formatGoFloat, type Json, stringifyYaml, YamlDouble, type YamlTree } from "../../src/resource/index.ts";

function emit(value: Json | YamlTree, width: number | "unlimited" = 80): string {
  return stringifyYaml(value, { keyOrder: "natural", width });
}

describe("layout", () => {
  it("sequences are not indented under their key, maps start on the dash", () => {
    assert.equal(
      emit({ a: [1, [2, [3]], { b: 1, c: [] }], d: {}, e: { f: [{}] } }),
      "a:\n- 1\n- - 2\n  - - 3\n- b: 1\n  c: []\nd: {}\ne:\n  f:\n  - {}\n",
    );
  });
  it("scalars and empty collections are documents", () => {
    assert.deepEqual(
      [null, true, 12, "x", [], {}].map((value) => emit(value)),
      ["null\n", "true\n", "12\n", "x\n", "[]\n", "{}\n"],
    );
  });
  it("long and many-lined keys are complex keys", () => {
    assert.equal(emit({ ["x".repeat(128)]: 1 }), `${"x".repeat(128)}: 1\n`);
    assert.equal(emit({ ["x".repeat(129)]: 1 }), `? ${"x".repeat(129)}\n: 1\n`);
    assert.equal(emit({ "a\nb": [1] }), "? |-\n  a\n  b\n: - 1\n");
  });
  it("given order keeps keys where natural order sorts them", () => {
    const tree = new Map<YamlTree, YamlTree>([
      ["b", 1],
      ["10", 2],
      [false, 3],
      ["a", 4],
    ]);
    assert.equal(stringifyYaml(tree, { keyOrder: "given", width: "unlimited" }), 'b: 1\n"10": 2\nfalse: 3\na: 4\n');
  });
});

describe("strings are written in the first form that fits", () => {
  const cases: readonly (readonly [value: string, want: string])[] = [
    ["plain text", "plain text"],
    ["a,b", "a,b"],
    ["-x", "-x"],
    [":x", ":x"],
    ["http://x", "http://x"],
    ["=a", "=a"],
    ["<<", "<<"],
    ["a\u00a0b", "a\u00a0b"],
    ["", '""'],
    ["~", '"~"'],
    ["y", '"y"'],
    ["On", '"On"'],
    ["nUll", "nUll"],
    ["0o17", '"0o17"'],
    ["1_0", '"1_0"'],
    ["1e3", '"1e3"'],
    ["18446744073709551616", '"18446744073709551616"'],
    ["12:30:45", '"12:30:45"'],
    ["1:20", '"1:20"'],
    ["1:99", "1:99"],
    ["2001-12-14", '"2001-12-14"'],
    ["2001-02-30", "2001-02-30"],
    [" x", "' x'"],
    ["x ", "'x '"],
    ["- a", "'- a'"],
    ["-", "'-'"],
    ["---", "'---'"],
    ["a: b", "'a: b'"],
    ["a:", "'a:'"],
    ["a #b", "'a #b'"],
    ["it's", "it's"],
    ["'a'", "'''a'''"],
    ["{a}", "'{a}'"],
    ["@a", "'@a'"],
    ["a\tb", '"a\\tb"'],
    ["a\u0007b", '"a\\ab"'],
    ["😀", '"\\U0001F600"'],
    ["\ufeffa", '"\\uFEFF\\x61"'],
    ["a\nb", "|-\n  a\n  b"],
    ["a\n", "|\n  a"],
    ["a\n\n", "|+\n  a\n"],
    [" a\nb", "|2-\n   a\n  b"],
    ["a \nb", '"a \\nb"'],
    ["a\r\nb", '"a\\r\\nb"'],
  ];
  for (const [value, want] of cases) it(JSON.stringify(value), () => assert.equal(emit({ k: value }), `k: ${want}\n`));
});

describe("folding", () => {
  const words = `${"word ".repeat(20)}end`;
  it("a plain text breaks at the first blank behind column 80", () => {
    assert.equal(emit({ k: words }), `k: ${"word ".repeat(16).trim()}\n  ${"word ".repeat(4)}end\n`);
    assert.equal(emit({ k: words }, "unlimited"), `k: ${words}\n`);
  });
  it("a quoted text breaks as well, a break before blanks is escaped", () => {
    assert.equal(emit({ k: `${words}:` }), `k: '${"word ".repeat(16).trim()}\n  ${"word ".repeat(4)}end:'\n`);
    assert.equal(emit({ k: `${"x".repeat(90)}  y\t` }), `k: "${"x".repeat(90)}\n  \\ y\\t"\n`);
  });
  it("keys are not folded", () => assert.equal(emit({ [words]: 1 }), `${words}: 1\n`));
});

describe("numbers", () => {
  it("doubles have the shortest digits and an exponent from 1e+06 on", () => {
    const cases: readonly (readonly [number, string])[] = [
      [1, "1"],
      [100000, "100000"],
      [1e6, "1e+06"],
      [123456.7, "123456.7"],
      [1234567, "1.234567e+06"],
      [123456789.123, "1.23456789123e+08"],
      [0.0001, "0.0001"],
      [1e-5, "1e-05"],
      [-0, "-0"],
      [1e100, "1e+100"],
      [Number.POSITIVE_INFINITY, ".inf"],
      [Number.NaN, ".nan"],
    ];
    for (const [value, want] of cases) {
      assert.equal(formatGoFloat(value), want);
      assert.equal(emit([new YamlDouble(value)]), `- ${want}\n`);
    }
  });
  it("integers are decimal, also beyond 53 bits", () => {
    assert.equal(emit([1000000, 9223372036854775807n, -1]), "- 1000000\n- 9223372036854775807\n- -1\n");
  });
});

describe("natural order of keys", () => {
  it("digit runs by number, letters behind other signs", () => {
    const keys = [
      "key10",
      "key2",
      "key1",
      "b",
      "B",
      "a",
      "a0",
      "a00",
      "a01",
      "-",
      "1",
      "10",
      "2",
      "x_1",
      "x-1",
      "x.1",
      "é",
      "k1a",
      "",
    ];
    const want = [
      "",
      "-",
      "1",
      "2",
      "10",
      "B",
      "a",
      "a0",
      "a00",
      "a01",
      "b",
      "k1a",
      "key1",
      "key2",
      "key10",
      "x-1",
      "x.1",
      "x_1",
      "é",
    ];
    const value = Object.fromEntries(keys.map((key) => [key, 1]));
    const written = emit(value)
      .trim()
      .split("\n")
      .map((line) => line.replace(/: 1$/, "").replace(/^["'](.*)["']$/, "$1"));
    assert.deepEqual(written, want);
  });
});

describe("kapp's digests (kapp.md §4.1)", () => {
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  it("of no operations", () => assert.equal(md5(emit([])), "58e0494c51d30eb3494f7c9198986bb9"));
  it("of a dropped annotations map", () => {
    const path = "/metadata/annotations";
    const operations = [
      new Map<YamlTree, YamlTree>([
        ["type", "test"],
        ["path", path],
        ["value", new Map()],
      ]),
      new Map<YamlTree, YamlTree>([
        ["type", "remove"],
        ["path", path],
      ]),
    ];
    assert.equal(md5(stringifyYaml(operations, { keyOrder: "given", width: 80 })), "c6e94dc94aed3401b5d0f26ed6c0bff3");
  });
});
