import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMap, own, parseYamlStream, stringifyYaml, type YamlDiagnostic } from "../../src/resource/index.ts";

function faultOf(
  text: string,
  options: Partial<Parameters<typeof parseYamlStream>[1]> = {},
): YamlDiagnostic | undefined {
  const startedAt = performance.now();
  const [fault] = parseYamlStream(text, { file: "a.yml", ...options }).diagnostics;
  assert.ok(performance.now() - startedAt < 10_000, "bounded in time");
  return fault;
}

describe("hostile YAML", () => {
  it("B60 an alias bomb is stopped by the nodes it would become", () => {
    const levels = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) {
      const [name, before] = ["abcdefghij"[i] ?? "", "abcdefghij"[i - 1] ?? ""];
      levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`);
    }
    const fault = faultOf(levels.join("\n"));
    assert.equal(fault?.code, "YAML_LIMIT");
    assert.match(fault?.message ?? "", /more than 1000000 nodes/);
    assert.equal(fault?.line, 7);
  });

  it("B60 a cyclic alias is named", () => {
    assert.equal(faultOf("a: &a [1, *a]")?.message, "anchor 'a' value contains itself");
  });

  it("B60 one large anchor repeated is stopped by its length", () => {
    const fault = faultOf(`a: &a ${"x".repeat(100_000)}\nb: [${Array(40).fill("*a").join(", ")}]`);
    assert.match(fault?.message ?? "", /holds more than 3145728 characters/);
  });

  it("L12 aliases are counted: one below passes, one above fails", () => {
    const text = (count: number): string => `a: &a 1\nb: [${Array(count).fill("*a").join(", ")}]`;
    assert.equal(faultOf(text(1000)), undefined);
    assert.match(faultOf(text(1001))?.message ?? "", /more than 1000 aliases/);
  });

  it("B61 merges are counted, also of empty maps", () => {
    const lines = Array.from({ length: 900 }, () => "- {<<: [*a, *a, *a]}");
    assert.match(
      faultOf(`a: &a {}\nb:\n${lines.join("\n")}`, { limits: { maxMergeSteps: 1000, maxAliases: 10_000 } })?.message ??
        "",
      /merges .* more than 1000 steps/,
    );
    const wide = `a: &a {${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(", ")}}\nb:\n${Array(60).fill("- <<: *a").join("\n")}`;
    assert.match(faultOf(wide)?.message ?? "", /more than 100000 steps/);
  });

  for (const [name, open] of [
    ["lists in flow", "["],
    ["maps in flow", "{a: "],
    ["lists in block", "- "],
    ["explicit keys", "? "],
  ] as const) {
    it(`B62 L11 nesting of ${name} is bounded without recursion`, () => {
      const fault = faultOf(open.repeat(100_000));
      assert.deepEqual([fault?.code, fault?.line], ["YAML_LIMIT", 1]);
      assert.match(fault?.message ?? "", /nested more than 100 deep/);
    });
  }

  it("L11 nesting: the limit itself passes", () => {
    assert.equal(faultOf(`${"[".repeat(100)}${"]".repeat(100)}`), undefined);
    assert.equal(faultOf(`${"[".repeat(101)}${"]".repeat(101)}`)?.code, "YAML_LIMIT");
  });

  it("L11 texts over the size limit are not read", () => {
    assert.equal(faultOf("a: é", { limits: { maxBytes: 5 } }), undefined);
    assert.match(faultOf("a: éé", { limits: { maxBytes: 6 } })?.message ?? "", /larger than 6 bytes/);
  });

  it("B63 an integer beyond 64 bits is an error, never a rounded number", () => {
    assert.equal(
      faultOf("a:\n  b: 18446744073709551616")?.message,
      "integer 1844674... does not fit 64 bits; quote it if it is a text",
    );
    assert.match(faultOf("a: -9223372036854775809")?.message ?? "", /does not fit/);
  });

  it("B64 .nan and .inf are errors with their line", () => {
    for (const text of [".nan", ".inf", "-.Inf"]) assert.equal(faultOf(`a: 1\nb: ${text}`)?.line, 2);
  });

  it("B65 a %YAML line changes nothing", () => {
    const { documents } = parseYamlStream("%YAML 1.1\n---\na: no\nb: 0755", { file: "a.yml" });
    assert.deepEqual(documents[0]?.value, { a: false, b: 493 });
  });

  it("B66 duplicate keys can be an error that names the key and both lines", () => {
    const fault = faultOf("a: 1\nb: {c: 1,\n  c: 2}\n", { duplicateKeys: "error" });
    assert.equal(fault?.message, "key 'c' is given twice, on lines 2 and 3");
    assert.equal(faultOf("a: {x: 1}\nb: {x: 1}", { duplicateKeys: "error" }), undefined);
  });

  it("B67 T17 names of object members are plain data end to end", () => {
    const text = "__proto__:\n  polluted: true\nconstructor: 1\ntoString: 2\nhasOwnProperty: 3\n";
    const value = parseYamlStream(text, { file: "a.yml" }).documents[0]?.value;
    assert.ok(isMap(value));
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor", "toString", "hasOwnProperty"]);
    assert.deepEqual(own(value, "__proto__"), { polluted: true });
    assert.equal("polluted" in {}, false);
    assert.equal(stringifyYaml(value, { keyOrder: "given", width: 80 }), text);
  });

  it("B67 merging a __proto__ key pollutes nothing", () => {
    const value = parseYamlStream("a: &a {__proto__: {polluted: true}}\nb: {<<: *a}", { file: "a.yml" }).documents[0]
      ?.value;
    assert.deepEqual(own(own(value, "b"), "__proto__"), { polluted: true });
    assert.equal("polluted" in {}, false);
  });

  it("B68 null, lists and maps are no keys; sets and unknown tags are named with their line", () => {
    for (const text of ["~: 1", "? [a]\n: 1", "? {a: b}\n: 1"]) assert.equal(faultOf(text)?.code, "YAML_VALUE");
    assert.equal(faultOf("a: 1\nb: !!set {x}")?.message, "tag '!!set' is not supported here");
    assert.equal(faultOf("a: 1\nb: !!set {x}")?.line, 2);
  });

  it("B69 tabs as indentation, lone surrogates and controls are placed", () => {
    assert.deepEqual(
      [faultOf("a:\n\tb: 1")?.line, faultOf("a: 1\nb: \ud800")?.line, faultOf("a: 1\nb: 2\u0000")?.column],
      [2, 2, 5],
    );
  });

  it("B69 U+2028 and U+0085 inside texts stay or end lines as in YAML 1.1", () => {
    assert.deepEqual(parseYamlStream('a: "x\u2028y"\nb: x\u0085c: z', { file: "a.yml" }).documents[0]?.value, {
      a: "x\u2028y",
      b: "x",
      c: "z",
    });
  });

  it("B70 a million empty documents and one giant scalar are read in bounded time", () => {
    assert.equal(faultOf("---\n".repeat(1_000_000), { limits: { maxBytes: 16 * 1024 * 1024 } }), undefined);
    assert.equal(faultOf(`a: |\n${"  line of text\n".repeat(200_000)}`), undefined);
    assert.equal(faultOf(`a: "${"\\n".repeat(1_000_000)}"`), undefined);
  });

  it("texts made to be scanned again and again take linear time", () => {
    for (const piece of [
      "a: b\n",
      "? ",
      "!",
      "&a ",
      "'",
      '"',
      "#",
      "- a\n",
      "[a, ",
      "a ",
      ": ",
      "*a",
      "|",
      "%",
      "<<: ",
      "\t",
      "{? ",
      "\n ",
    ]) {
      faultOf(piece.repeat(200_000));
      faultOf(`x: ${piece.repeat(200_000)}`);
    }
  });
});

describe("speed", () => {
  it("10,000 plain documents of 1.2 MB take well under a second", () => {
    const document = (i: number): string =>
      `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm-${i}\n  namespace: default\n  labels:\n    app: "x"\ndata:\n  key: value${i}\n`;
    const text = Array.from({ length: 10_000 }, (_, i) => document(i)).join("");
    const times = Array.from({ length: 3 }, () => {
      const startedAt = performance.now();
      assert.equal(parseYamlStream(text, { file: "a.yml" }).documents.length, 10_000);
      return performance.now() - startedAt;
    });
    // About 100 ms; the bound leaves room for a machine that is busy with other tests.
    assert.ok(Math.min(...times) < 900, `${times.join(", ")} ms`);
  });
});
