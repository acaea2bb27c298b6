import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { compile, fromBytes, SyntaxErrors, toBytes, utf8Length } from "../../src/starlark/index.ts";
import { evaluate, run } from "./support/run.ts";

const edges = [0n, 1n, 2n, 7n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n, 2n ** 63n, 2n ** 64n, 3n ** 60n];
const int = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -3, max: 3 })).map(([edge, near]) => edge + BigInt(near)),
    fc.bigInt({ min: -20n, max: 20n }),
  )
  .chain((value) => fc.constantFrom(value, -value));

const floorDivide = (a: bigint, b: bigint): bigint => (a % b !== 0n && a < 0n !== b < 0n ? a / b - 1n : a / b);
const operations: Readonly<Record<string, (a: bigint, b: bigint) => bigint | boolean>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "//": floorDivide,
  "%": (a, b) => a - floorDivide(a, b) * b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

const shown = (value: bigint | boolean): string =>
  typeof value === "bigint" ? String(value) : value ? "True" : "False";

for (const [operator, operate] of Object.entries(operations)) {
  it(`ints are unbounded: ${operator}`, () => {
    fc.assert(
      fc.property(int, int, (a, b) => {
        if ((operator === "//" || operator === "%") && b === 0n) return;
        assert.equal(evaluate(`(${a}) ${operator} (${b})`), shown(operate(a, b)));
      }),
      { numRuns: 150 },
    );
  });
}

it("ints are unbounded: shifts and unary operators", () => {
  fc.assert(
    fc.property(int, fc.integer({ min: 0, max: 200 }), (value, count) => {
      const want = [value << BigInt(count), value >> BigInt(count), -value, ~value];
      assert.equal(
        evaluate(`[(${value}) << ${count}, (${value}) >> ${count}, -(${value}), ~(${value})]`),
        `[${want.join(", ")}]`,
      );
    }),
    { numRuns: 200 },
  );
});

it("an int has one form: as key and in comparisons it does not matter how it came about", () => {
  fc.assert(
    fc.property(int, int, (a, b) => {
      assert.equal(evaluate(`{(${a}) + (${b}): 1}.get(${a + b})`), "1");
      assert.equal(evaluate(`(${a}) * (${b}) == ${a * b}`), "True");
    }),
    { numRuns: 150 },
  );
});

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 6 }), fc.nat(8))
    .map(([text, cut]) => new TextEncoder().encode(text).slice(cut)),
);
const literalOf = (data: Uint8Array): string =>
  `"${Array.from(data, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;

it("any bytes are a string, and come back", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      assert.deepEqual(toBytes(fromBytes(data)), data);
      assert.equal(utf8Length(fromBytes(data)), data.length);
    }),
  );
});

it("a literal of bytes is the string of these bytes", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const { globals } = run(`x = ${literalOf(data)}`);
      assert.equal(globals.get("x"), fromBytes(data));
    }),
  );
});

it("strings that are put together have one form", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const whole = fromBytes(new Uint8Array([...a, ...b]));
      const { globals } = run(
        `a, b = ${literalOf(a)}, ${literalOf(b)}\nx = [a + b, "".join([a, b]), "%s%s" % (a, b), "{}{}".format(a, b)]`,
      );
      const { globals: same } = run("x = [w, w, w, w]", { predeclared: { w: whole } });
      assert.deepEqual(globals.get("x"), same.get("x"));
    }),
  );
});

const index = fc.integer({ min: -30, max: 30 });

it("slices, indexes and lengths are those of the bytes", () => {
  fc.assert(
    fc.property(bytes, index, index, fc.constantFrom(1, 2, 3, -1, -2), (data, low, high, step) => {
      const { globals } = run(`x = ${literalOf(data)}\nn = len(x)\ny = x[${low}:${high}:${step}]\nz = x[::-1]`);
      const list = run(`y = list(range(${data.length}))[${low}:${high}:${step}]\nprint(y)`).printed.join("");
      const picked = (JSON.parse(list) as number[]).map((at) => data[at] ?? 0);
      assert.equal(globals.get("n"), data.length);
      assert.equal(globals.get("y"), fromBytes(Uint8Array.from(picked)));
      assert.equal(globals.get("z"), fromBytes(data.toReversed()));
    }),
  );
});

it("strings order and search as bytes do", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const [x, y] = [Buffer.from(a), Buffer.from(b)];
      const { globals } = run(
        `a, b = ${literalOf(a)}, ${literalOf(b)}\nx = [a < b, a == b, a.find(b), a.rfind(b), b in a]`,
        {},
      );
      const wanted = [Buffer.compare(x, y) < 0, x.equals(y), x.indexOf(y), x.lastIndexOf(y), x.includes(y)];
      const { globals: same } = run("x = [a, b, c, d, e]", {
        predeclared: Object.fromEntries(wanted.map((value, at) => ["abcde".charAt(at), value])),
      });
      assert.deepEqual(globals.get("x"), same.get("x"));
    }),
  );
});

it("splitting by a text and joining with it gives back the text", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      if (b.length === 0) return;
      const { printed } = run(
        `a, b = ${literalOf(a)}, ${literalOf(b)}\nprint(b.join(a.split(b)) == a, a.replace(b, b) == a, b.join(a.rsplit(b, 1)) == a)`,
      );
      assert.deepEqual(printed, ["True True True"]);
    }),
  );
});

it("long texts are searched as short ones are", () => {
  const part = fc.stringMatching(/^[ab]{1,4}$/);
  fc.assert(
    fc.property(part, part, fc.nat(3000), fc.boolean(), (unit, other, at, isThere) => {
      const text = unit.repeat(40_000) + other + unit.repeat(300);
      const wanted = text.slice(-(400 + at)).slice(0, 300) + (isThere ? "" : "c");
      const { globals } = run("x = text.find(wanted)\ny = text.rfind(wanted)\nz = wanted in text", {
        predeclared: { text, wanted },
      });
      assert.deepEqual(
        ["x", "y", "z"].map((name) => globals.get(name)),
        [text.indexOf(wanted), text.lastIndexOf(wanted), text.includes(wanted)],
      );
    }),
    { numRuns: 40 },
  );
});

const words = [
  "x",
  "y",
  "1",
  "1.5",
  '"a"',
  "+",
  "-",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ":",
  ",",
  "=",
  "==",
  "if",
  "else",
  "elif",
  "for",
  "in",
  "def",
  "lambda",
  "return",
  "end",
  "not",
  "and",
  "or",
  "\n",
  "  ",
  "#c\n",
  ".",
  "**",
  "*",
  "load",
  "while",
  "break",
  "pass",
  "as",
  "0x",
  "'",
  '"',
  "\\",
  "é",
  "\t",
  ";",
  "!",
  "<<",
  "//",
  "%",
  "print",
  "end\n",
  ":\n",
  "\0",
  "\ud800",
  "\u2028",
];

it("any text compiles or has errors with places in it", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join("")),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        compile(source, { file: "f", isPredeclared: () => false });
      } catch (error) {
        assert.ok(error instanceof SyntaxErrors, String(error));
        const lines = source.split(/\r\n?|\n/).length;
        assert.ok(error.errors.length > 0);
        for (const { position } of error.errors)
          assert.ok(position.line >= 1 && position.line <= lines + 1 && position.column >= 1);
      }
    }),
    { numRuns: 3000 },
  );
});

const atoms = [
  "1",
  "0",
  "-1",
  "1.5",
  "x",
  "y",
  "z",
  "f",
  '"a"',
  '"é"',
  "[]",
  "{}",
  "()",
  "[1, 2]",
  '{"a": 1}',
  "None",
  "True",
  "len",
  "range(3)",
  "set([1])",
  "1 << 70",
  'float("inf")',
  "recursive",
];
const operators = [
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "<",
  ">",
  "==",
  "!=",
  "in",
  "not in",
  "and",
  "or",
];
const names = [
  "upper",
  "append",
  "get",
  "keys",
  "split",
  "constructor",
  "join",
  "format",
  "pop",
  "strip",
  "replace",
  "update",
  "extend",
  "insert",
];
const builtins = [
  "len",
  "str",
  "list",
  "sorted",
  "max",
  "min",
  "dict",
  "tuple",
  "set",
  "int",
  "repr",
  "type",
  "bool",
  "zip",
  "enumerate",
  "reversed",
  "getattr",
  "dir",
  "range",
  "float",
  "chr",
  "ord",
  "hash",
];

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...atoms),
    fc
      .tuple(tie("expression"), fc.constantFrom(...operators), tie("expression"))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom("-", "~", "not "), tie("expression")).map((parts) => `(${parts.join("")})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a})[${b}:${c}]`),
    fc
      .tuple(tie("expression"), fc.constantFrom(...names), tie("expression"))
      .map(([a, name, b]) => `(${a}).${name}(${b})`),
    fc
      .tuple(fc.constantFrom(...builtins), fc.array(tie("expression"), { maxLength: 2 }))
      .map(([name, args]) => `${name}(${args.join(", ")})`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `[${a} for x in ${b}]`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `{${a}: ${b}}`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `(lambda x, *y: ${a})(${b})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `f(*${a}, **${b})`),
  ),
}));

it("programs fail only as programs do", () => {
  const start =
    'x = 1\ny = [1, 2]\nz = {"a": 1}\nrecursive = []\nrecursive.append(recursive)\ndef f(*a, **k):\n  return [a, k]\nend\n';
  fc.assert(
    fc.property(fc.array(expression, { minLength: 1, maxLength: 3 }), (expressions) => {
      // Whatever is no failure of the program is thrown here.
      const limits = { maxSteps: 200_000, maxBytes: 4_000_000 };
      run(start + expressions.map((one) => `print(${one})\n`).join(""), { limits });
    }),
    { numRuns: 2000 },
  );
});
