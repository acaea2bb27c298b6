import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { limitOf } from "../../../src/starlark/index.ts";
import { bytes, call, failureOf, functionOf, threadWith } from "./call.ts";

const replace = (...args: readonly string[]): unknown => call("regexp.replace", args);

describe("regexp.match", () => {
  const cases: readonly (readonly [pattern: string, text: string, want: boolean])[] = [
    ["^a+$", "aaa", true],
    ["b", "aaa", false],
    ["(?i)ABC", "xabcx", true],
    ["\\bfoo\\b", "a foo b", true],
    ["^.$", "\u{1F600}", true],
    ["^.$", bytes(0xff), true],
    ["", "", true],
  ];
  for (const [pattern, text, want] of cases)
    it(`${pattern} in ${JSON.stringify(text)}: ${want}`, () => {
      assert.equal(call("regexp.match", [pattern, text]), want);
    });

  const refused: readonly (readonly [pattern: string, want: string])[] = [
    ["(", "missing closing ): `(`"],
    ["(a)\\1", "invalid escape sequence: `\\1`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["\\", "trailing backslash at end of expression: ``"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
  ];
  for (const [pattern, want] of refused)
    it(`refuses ${pattern}`, () => {
      assert.equal(
        failureOf(() => call("regexp.match", [pattern, "a"])),
        `regexp.match: error parsing regexp: ${want}`,
      );
    });
});

describe("regexp.replace", () => {
  const cases: readonly (readonly [pattern: string, text: string, replacement: string, want: string])[] = [
    ["a+", "baab", "X", "bXb"],
    ["(\\w)(\\d)", "a1 b2", "$2$1", "1a 2b"],
    ["(?P<x>a)", "ba", "<${x}>", "b<a>"],
    ["(?m)^", "a\nb", "> ", "> a\n> b"],
    ["x*", "abc", "-", "-a-b-c-"],
    ["a*", "baaac", "X", "XbXcX"],
    ["(a)(b)?", "ab a", "[$1$2]", "[ab] [a]"],
    ["a", "a", "$$", "$"],
    ["(a)", "a", "$1x|${1}x|$01|$9|$|${|$-|${1", "|ax|||$|${|$-|${1"],
    ["(?P<constructor>a)", "a", "$constructor$toString", "a"],
    ["", "\u{1F600}", "-", "-\u{1F600}-"],
  ];
  for (const [pattern, text, replacement, want] of cases)
    it(`${pattern} in ${JSON.stringify(text)} by ${replacement}`, () => {
      assert.equal(replace(pattern, text, replacement), want);
    });

  it("asks a function", () => {
    const upper = functionOf((text) => (typeof text === "string" ? text.toUpperCase() : null));
    assert.equal(call("regexp.replace", ["an", "banana", upper]), "bANANa");
    assert.equal(
      failureOf(() => call("regexp.replace", ["a", "a", functionOf(() => 5)])),
      "regexp.replace: expected a string, but was int",
    );
  });
  it("bytes that meet make a character", () => {
    const [first, second] = [bytes(0xc3), bytes(0xa9)];
    assert.equal(replace("-", `${first}-${second}`, ""), "é");
  });
  it("agrees with JavaScript where both mean the same", () => {
    const pattern = fc.constantFrom("a", "b*", "(a|b)c?", "[ab]+", "^a", "c$", "a?b", "(?:ab)+|c");
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom("a", "b", "c") }), (source, text) => {
        assert.equal(call("regexp.match", [source, text]), new RegExp(source).test(text));
        // An empty match right after another one is where the two differ.
        if (!new RegExp(source).test(""))
          assert.equal(replace(source, text, "<>"), text.replaceAll(new RegExp(source, "g"), "<>"));
      }),
    );
  });
});

describe("no expression takes long", () => {
  const limitMet = (...args: readonly string[]): string | undefined => {
    const thread = threadWith({ maxSteps: 10_000_000 });
    try {
      call(args.length === 2 ? "regexp.match" : "regexp.replace", args, {}, thread);
    } catch (error) {
      const limit = limitOf(error);
      if (limit === undefined) throw error;
      return limit.limit;
    }
    return undefined;
  };
  it("bounds pattern and input", () => {
    assert.equal(limitMet("a".repeat(4_096), "a"), undefined);
    assert.equal(limitMet("a".repeat(4_097), "a"), "regexp pattern length");
    assert.equal(limitMet("b", "a".repeat(1_048_576)), undefined);
    assert.equal(limitMet("b", "a".repeat(1_048_577)), "regexp input length");
  });
  it("bounds what short patterns stand for", () => {
    assert.equal(limitMet("a{1000}".repeat(100), "a"), "regexp program size");
  });
  it("patterns that ruin backtracking engines", () => {
    const text = "a".repeat(20_000);
    for (const pattern of ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){12}b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
      assert.equal(limitMet(pattern, `${text}!`), undefined, pattern);
  });
  it("searches that look ahead to the end for each match are counted", () => {
    assert.equal(limitMet("(?:x*y|x)", "x".repeat(500), "-"), undefined);
    assert.equal(limitMet("(?:x*y|x)", "x".repeat(1_000_000), "-"), "steps");
  });
  it("references of a replacement are counted", () => {
    assert.equal(limitMet("a", "a".repeat(100_000), "$1".repeat(1_000)), "steps");
  });
  it("captures are counted", () => {
    assert.equal(limitMet("(a*)".repeat(1_000), "a".repeat(100_000), "$1"), "steps");
  });
  it("a replacement of a million matches is no attack", () => {
    const thread = threadWith();
    assert.equal(call("regexp.replace", ["a", "a".repeat(1_000_000), "b"], {}, thread), "b".repeat(1_000_000));
    assert.ok(thread.budget.steps < 10_000_000, String(thread.budget.steps));
  });
});
