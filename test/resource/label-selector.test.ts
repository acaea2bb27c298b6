import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesLabels, parseLabelSelector } from "../../src/resource/index.ts";

const labels = { app: "web", tier: "front", "example.com/size": "3", empty: "" };

describe("label selectors", () => {
  const cases: readonly (readonly [selector: string, matches: boolean])[] = [
    ["", true],
    ["app=web", true],
    ["app == web", true],
    ["app!=web", false],
    ["other!=x", true],
    ["app in (web, api)", true],
    ["app notin (web,api)", false],
    ["other notin (x)", true],
    ["other in (x)", false],
    ["app", true],
    ["!app", false],
    ["!other", true],
    ["app=web,tier=back", false],
    ["app in (web),!other,tier", true],
    ["empty=", true],
    ["app=", false],
    ["empty in ()", true],
    ["example.com/size>2", true],
    ["example.com/size<3", false],
    ["in=x", false],
    ["toString", false],
    ["__proto__", false],
  ];
  for (const [selector, matches] of cases) {
    it(`${selector} ${matches ? "matches" : "does not match"}`, () => {
      const parsed = parseLabelSelector(selector);
      assert.ok(!("problem" in parsed) || selector === "__proto__", JSON.stringify(parsed));
      if ("selector" in parsed) assert.equal(matchesLabels(parsed.selector, labels), matches);
    });
  }

  for (const selector of [
    "a=b=c",
    "a in b",
    "a in (b",
    "=x",
    "a,,b",
    "a>x",
    "-a=b",
    `a=${"x".repeat(64)}`,
    "a b",
    "a=b,",
    "!",
    "!a=b",
    "EXAMPLE.com/a",
  ]) {
    it(`${selector} is refused with a reason`, () => {
      const parsed = parseLabelSelector(selector);
      assert.ok(
        "problem" in parsed && parsed.problem.startsWith("unable to parse requirement: "),
        JSON.stringify(parsed),
      );
    });
  }
});
