import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { stringify as stringifyWithAnotherWriter } from "yaml";
import {
  type Json,
  parseYamlStream,
  parseYamlTrees,
  stringifyJson,
  stringifyYaml,
  toJson,
} from "../../src/resource/index.ts";

function parse(text: string): Json {
  const { documents, diagnostics } = parseYamlStream(text, { file: "a.yml" });
  assert.deepEqual(diagnostics, []);
  return documents[0]?.value ?? null;
}

describe("plain scalars resolve as in go-yaml v2 (B63, B65)", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["y", true],
    ["Yes", true],
    ["ON", true],
    ["n", false],
    ["off", false],
    ["yES", "yES"],
    ["~", null],
    ["Null", null],
    ["nil", "nil"],
    ["0o17", 15],
    ["017", 15],
    ["09", 9],
    ["0755", 493],
    ["0x1F", 31],
    ["-0b11", -3],
    ["1_000", 1000],
    ["1__0", 10],
    ["_1", "_1"],
    ["+12", 12],
    ["-0", 0],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
    ["18446744073709551615", 18446744073709551615n],
    [".5", 0.5],
    ["1.", 1],
    ["1.0", 1],
    ["1e3", 1000],
    ["12e03", 12000],
    ["-1.5E+3", -1500],
    ["1e400", "1e400"],
    ["1e", "1e"],
    ["1:30", "1:30"],
    ["2001-12-14", "2001-12-14"],
    ["2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"],
    ["=", "="],
    ["<<", "<<"],
    ["a#b", "a#b"],
    ["a:b", "a:b"],
    ["-x", "-x"],
    ["$(x)", "$(x)"],
  ];
  for (const [text, want] of cases) {
    it(`${text} is ${stringifyJson(want)}`, () => assert.deepEqual(parse(`v: ${text}`), { v: want }));
  }

  it("quoted scalars are texts", () => assert.deepEqual(parse(`[ "y", '0o17', "1e3", '' ]`), ["y", "0o17", "1e3", ""]));
  it("keys become the texts that the Go tools make of them", () => {
    assert.deepEqual(parse("y: 1\n0x10: 2\n1.50: 3\n1_0: 4\n1.1: 5"), {
      true: 1,
      "16": 2,
      "1.5": 3,
      "10": 4,
      "1.1": 5,
    });
  });
});

describe("structure", () => {
  const cases: readonly { readonly name: string; readonly text: string; readonly want: Json }[] = [
    {
      name: "sequences need no indentation under their key",
      text: "a:\n- 1\n- - 2\n  - 3\nb: x",
      want: { a: [1, [2, 3]], b: "x" },
    },
    {
      name: "plain scalars fold over lines",
      text: "a: one\n  two\n\n  three\nb: 1",
      want: { a: "one two\nthree", b: 1 },
    },
    {
      name: "quoted scalars fold and escape",
      text: `a: "x\\ty\\\n  z\n\n  w\\u00e9"\nb: 'it''s\n  ok'`,
      want: { a: "x\tyz\nwé", b: "it's ok" },
    },
    { name: "literal blocks keep lines", text: "a: |\n  x\n   y\n\n  z\nb: 1", want: { a: "x\n y\n\nz\n", b: 1 } },
    {
      name: "folded blocks fold lines",
      text: "a: >-\n  x\n  y\n\n  z\n   more\n  w\n",
      want: { a: "x y\nz\n more\nw" },
    },
    {
      name: "block scalars keep or strip their end",
      text: "a: |+\n  x\n\nb: |-\n  y\n\nc: |2\n   z\n",
      want: { a: "x\n\n", b: "y", c: " z\n" },
    },
    {
      name: "flow collections nest",
      text: '{a: [1, {b: c}, d: e], "f": {}, g, h: }',
      want: { a: [1, { b: "c" }, { d: "e" }], f: {}, g: null, h: null },
    },
    { name: "explicit keys", text: "? a\n: b\n? c\n", want: { a: "b", c: null } },
    {
      name: "anchors and aliases",
      text: "a: &x {k: v}\nb: *x\nc: [&y 1, *y]",
      want: { a: { k: "v" }, b: { k: "v" }, c: [1, 1] },
    },
    {
      name: "merge keys insert in place",
      text: "a: &x {k: v, z: 1}\nb:\n  z: 0\n  <<: *x\n  k: w",
      want: { a: { k: "v", z: 1 }, b: { z: 1, k: "w" } },
    },
    {
      name: "of merged lists the first map wins",
      text: "b:\n  <<: [{k: 1}, {k: 2, l: 3}]",
      want: { b: { k: 1, l: 3 } },
    },
    { name: "a quoted << is a key", text: '"<<": {a: 1}', want: { "<<": { a: 1 } } },
    {
      name: "tags convert",
      text: "a: !!str 12\nb: !!int '12'\nc: !!float 3\nd: !!binary aGVsbG8=\ne: ! 5\nf: !!map {}",
      want: { a: "12", b: 12, c: 3, d: "hello", e: "5", f: {} },
    },
    {
      name: "JSON is YAML",
      text: '{"a": [1, "x", null, true], "b": {"c": "\\u00e9\\/"}}',
      want: { a: [1, "x", null, true], b: { c: "é/" } },
    },
    { name: "line ends of other systems", text: "a: 1\r\nb: |\r\n  x\r\n  y\r\n", want: { a: 1, b: "x\ny\n" } },
    { name: "a byte order mark is no content (B69)", text: "\ufeffa: 1", want: { a: 1 } },
  ];
  for (const { name, text, want } of cases) it(name, () => assert.deepEqual(parse(text), want));

  it("the order of repeated keys is the first place with the last value (B66)", () => {
    assert.equal(stringifyJson(parse("a: 1\nb: 2\na: 3")), '{"a":3,"b":2}');
  });
});

describe("documents", () => {
  it("are numbered and placed; empty ones count but are left out (B70)", () => {
    const { documents } = parseYamlStream(
      "# only a comment\n---\na: 1\n---\n---\n# nothing\n---\n~\n--- {b: 2}\n...\n---\nc: 3\n",
      { file: "a.yml" },
    );
    assert.deepEqual(
      documents.map(({ value, document, line }) => [stringifyJson(value), document, line]),
      [
        ['{"a":1}', 1, 2],
        ['{"b":2}', 5, 9],
        ['{"c":3}', 6, 11],
      ],
    );
  });

  it("comments are told with their lines, but none out of texts", () => {
    const { comments } = parseYamlStream(
      "#! x\na: '# no' # yes\nb: |\n  # no\nc: [1, # in flow\n 2]\nd: x#y\n#@ last",
      { file: "a.yml" },
    );
    assert.deepEqual(
      comments.map(({ line, text }) => `${line} ${text}`),
      ["1 #! x", "2 # yes", "5 # in flow", "8 #@ last"],
    );
  });
});

describe("faults name file, line and cause", () => {
  const cases: readonly (readonly [text: string, line: number, message: string])[] = [
    ["a: 1\n b: 2", 2, "mapping values are not allowed in this context"],
    ["a: [1\nb: {\n", 2, "did not find expected ',' or ']'"],
    ["a:\n- 1\nb\n", 4, "could not find expected ':'"],
    ["a: 'x\nb: 1\n", 3, "found unexpected end of stream"],
    ["a:\n\t- 1", 2, "found character that cannot start any token"],
    ["a: 1\n---\nb: *x", 3, "unknown anchor 'x' referenced"],
    ["a: \x01", 1, "control characters are not allowed"],
    ["a: b\n--- \n- 1\nc: d", 4, "did not find expected '-' indicator"],
    ["a: !!int foo", 1, "cannot decode !!str `foo` as a !!int"],
    ["a: !!binary x=y", 1, "!!binary value contains invalid base64 data"],
    ["a: 1\nb: !Ref x", 2, "tag '!Ref' is not supported here"],
    ["%YAML 1.2\n---\na: 1", 1, "found incompatible YAML document"],
    ['a: "\\q"', 1, "found unknown escape character"],
    ["{[a]: 1}", 1, "a map or list cannot be a key"],
  ];
  for (const [text, line, message] of cases) {
    it(message, () => {
      const [found] = parseYamlStream(text, { file: "dir/a.yml" }).diagnostics;
      assert.deepEqual([found?.file, found?.line, found?.message], ["dir/a.yml", line, message]);
    });
  }
});

describe("properties", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string(),
    fc.constantFrom(
      "y",
      "no",
      "~",
      "",
      " x",
      "x ",
      "a: b",
      "- a",
      "#x",
      "0o17",
      "1_0",
      "2001-01-01",
      "<<",
      "a\nb",
      "\n",
      "a\n\n",
      "---",
      "\ufeffx",
    ),
    fc.integer(),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
      .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
    fc.boolean(),
    fc.constant(null),
  );
  const key = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("__proto__", "constructor", "toString", "<<", "y", "10", "b", "a\nb", ""),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 4 }), tie("map")),
    map: fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((pairs) => {
      const map = {};
      for (const [name, member] of pairs)
        Object.defineProperty(map, name, { value: member, enumerable: true, writable: true, configurable: true });
      return map;
    }),
  }));

  it("what is written is read back the same (T18)", () => {
    fc.assert(
      fc.property(
        value,
        fc.constantFrom("given", "natural"),
        fc.constantFrom(80, "unlimited"),
        (input, keyOrder, width) => {
          // The arbitrary makes JSON values only.
          const json = input as Json;
          const text = stringifyYaml(json, { keyOrder: keyOrder as "given", width: width as 80 });
          const { documents, diagnostics } = parseYamlStream(text, { file: "a.yml" });
          assert.deepEqual(diagnostics, [], text);
          assert.equal(
            stringifyJson(documents[0]?.value ?? null, { sortKeys: true }),
            stringifyJson(json, { sortKeys: true }),
            text,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("trees are read back with the order and types of their keys", () => {
    fc.assert(
      fc.property(value, (input) => {
        const text = stringifyYaml(input as Json, { keyOrder: "given", width: 80 });
        const { documents } = parseYamlTrees(text, { file: "a.yml" });
        const tree = documents[0]?.value ?? null;
        assert.equal(stringifyYaml(tree, { keyOrder: "given", width: 80 }), text);
        const converted = toJson(tree);
        assert.ok("json" in converted);
      }),
    );
  });

  it("quoted texts of another writer are read the same", () => {
    const text = fc.oneof(
      fc.stringMatching(/^[ -~é\n]*$/),
      fc.constantFrom("y", " x", "x ", "a: b", "a\nb", "\n", "a\n\n", "it's", '"', "\\"),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        text,
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(text, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    const styles = fc.constantFrom("QUOTE_DOUBLE" as const, "QUOTE_SINGLE" as const);
    fc.assert(
      fc.property(tree, styles, fc.boolean(), (input, defaultStringType, indentSeq) => {
        const options = {
          version: "1.1",
          defaultKeyType: "QUOTE_DOUBLE",
          defaultStringType,
          indentSeq,
          lineWidth: 0,
          aliasDuplicateObjects: false,
        } as const;
        const written = stringifyWithAnotherWriter({ a: input }, options);
        // The arbitrary makes JSON values only.
        assert.equal(stringifyJson(parse(written)), stringifyJson({ a: input as Json }), written);
      }),
      { numRuns: 500 },
    );
  });

  it("any text gives documents or placed diagnostics, and never throws (T17)", () => {
    const pieces = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "\n  ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "'",
      '"',
      "|",
      ">",
      "#",
      "&a ",
      "*a",
      "!t ",
      "!!int ",
      "? ",
      "---\n",
      "...\n",
      "\t",
      "%",
      "<<: ",
      "1",
      "\\",
      "\r",
      "\u2028",
      "__proto__: ",
    );
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          const { diagnostics } = parseYamlStream(text, { file: "a.yml" });
          for (const { line, column, message } of diagnostics) {
            assert.ok(line >= 1 && line <= text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).length + 1);
            assert.ok((column ?? 1) >= 1 && message !== "");
          }
        },
      ),
      { numRuns: 3000 },
    );
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  });
});
