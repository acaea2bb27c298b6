import assert from "node:assert/strict";
import { test } from "node:test";
import { isDnsLabel, isDnsSubdomain } from "../../src/resource/index.ts";

const cases: readonly { readonly text: string; readonly label: boolean; readonly subdomain: boolean }[] = [
  { text: "a", label: true, subdomain: true },
  { text: "0-a", label: true, subdomain: true },
  { text: "a.b-c.d", label: false, subdomain: true },
  { text: "x".repeat(63), label: true, subdomain: true },
  { text: "x".repeat(64), label: false, subdomain: true },
  { text: "x".repeat(253), label: false, subdomain: true },
  { text: "x".repeat(254), label: false, subdomain: false },
  ...["", "-a", "a-", "A", "a_b", "a..b", ".a", "a.", "..", "a/b", "a\n", "a\0", "ä", "a b"].map((text) => ({
    text,
    label: false,
    subdomain: false,
  })),
];

for (const { text, label, subdomain } of cases) {
  test(`${JSON.stringify(text.slice(0, 20))} (${text.length}) is ${label ? "a" : "no"} label, ${subdomain ? "a" : "no"} subdomain`, () => {
    assert.deepEqual([isDnsLabel(text), isDnsSubdomain(text)], [label, subdomain]);
  });
}
