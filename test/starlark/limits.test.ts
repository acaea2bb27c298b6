import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Budget, compile, limitOf, SyntaxErrors, type StarlarkLimits } from "../../src/starlark/index.ts";
import { framesOf, run, threadOf } from "./support/run.ts";

describe("steps", () => {
  const loop = (times: number) => `for i in range(${times}): i\n`;

  it("count statements, iterations and calls", () => {
    const { budget } = run("x = 1\ny = len([])\n");
    assert.equal(budget.steps, 4);
  });

  it("are bounded: up to the bound a program runs, above it fails at its place", () => {
    assert.equal(run(loop(400), { limits: { maxSteps: 1000 } }).failure, undefined);
    const failed = run(`\n${loop(600)}`, { limits: { maxSteps: 1000 } });
    assert.equal(limitOf(failed.failure)?.limit, "steps");
    assert.equal(failed.failure?.message, "evaluation takes more than the allowed 1000 steps");
    assert.deepEqual(framesOf(failed), ["<toplevel> main.star:2:1"]);
  });

  it("are shared by all threads of a budget, also after one met the bound", () => {
    const budget = new Budget({ maxSteps: 1000 });
    const program = compile(loop(300), { file: "f", isPredeclared: () => false });
    program.run(threadOf({}, budget), new Map());
    for (let round = 0; round < 2; round++)
      assert.throws(
        () => program.run(threadOf({}, budget), new Map()),
        (error) => limitOf(error)?.limit === "steps",
      );
  });

  it("let the clock be looked at, and what it throws passes unchanged", () => {
    let looks = 0;
    run(loop(100_000), { checkTime: () => void looks++ });
    assert.ok(looks >= 18 && looks <= 21, String(looks));
    const timeout = new Error("too late");
    const late = (): never => {
      throw timeout;
    };
    assert.throws(() => run(loop(100_000), { checkTime: late }), timeout);
  });
});

describe("calls within one another", () => {
  const recursion = (depth: number) => `def f(n):\n  return 0 if n == 0 else 1 + f(n - 1)\nend\nprint(f(${depth}))\n`;

  it("are bounded", () => {
    const limits = { maxCallDepth: 200 };
    assert.deepEqual(run(recursion(198), { limits }).printed, ["198"]);
    const { failure } = run(recursion(199), { limits });
    assert.equal(limitOf(failure)?.limit, "call depth");
    assert.equal(failure?.frames.length, 200);
  });

  it("are counted through builtins that call back and modules that load", () => {
    const source = "def f(n):\n  return sorted([n], key=lambda x: f(n + 1))\nend\nf(0)\n";
    assert.equal(limitOf(run(source, { limits: { maxCallDepth: 50 } }).failure)?.limit, "call depth");
    const modules = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`m${at}`, `load("m${at + 1}", "x")\nx = 1\n`]),
    );
    const { failure } = run('load("m0", "x")', { modules, limits: { maxCallDepth: 50 } });
    assert.equal(limitOf(failure)?.limit, "call depth");
  });

  it("can be caught by nobody, and the thread goes on in order", () => {
    const thread = threadOf({}, new Budget({ maxCallDepth: 20 }));
    const { globals } = run("def f(n):\n  return f(n + 1)\nend\ndef g(n):\n  return n\nend\n");
    const [f, g] = [globals.get("f") ?? null, globals.get("g") ?? null];
    assert.throws(() => thread.call(f, [0]));
    assert.equal(thread.call(g, [7]), 7);
    assert.equal(thread.budget.depth, 0);
    assert.equal(thread.budget.closures, 0);
  });

  const deep: Readonly<Record<string, string>> = {
    expressions: "def f(n):\n  return [[[[[[[[[[n and f(n - 1)]]]]]]]]]]\nend\nf(1000000)",
    loops:
      "def f(n):\n  for i in [1]:\n    for j in [1]:\n      if n:\n        f(n - 1)\n      end\n    end\n  end\nend\nf(1000000)",
    callbacks: "def f(n):\n  return max([n], key=lambda x: f(n - 1) if n else 0)\nend\nf(1000000)",
    methods: "def f(n):\n  return 'a'.upper().replace('A', str(f(n - 1)) if n else '')\nend\nf(1000000)",
    comprehensions: "def f(n):\n  return [[f(n - 1) for i in [1]] for j in [1] if n]\nend\nf(1000000)",
    arguments: "def f(n, *a, **k):\n  return f(n - 1, *[1], **{'a': 1}) if n else 0\nend\nf(1000000)",
  };
  for (const [name, source] of Object.entries(deep))
    it(`meet a bound before the stack ends: ${name}`, () => {
      const { failure } = run(source, { limits: { maxCallDepth: 1_000_000 } });
      assert.equal(limitOf(failure)?.limit, "call depth");
    });
});

describe("memory", () => {
  const grows: Readonly<Record<string, string>> = {
    "repeated texts": 'x = "x" * 1000000000',
    "repeated lists": "x = [0] * 1000000000",
    "repeated tuples": "x = (0,) * 1000000000",
    "lists of ranges": "x = list(range(2000000000))",
    "texts that double": 's = "ab"\nwhile True: s += s\n',
    "texts that grow and stay": 's = ""\nl = []\nwhile True:\n  s += "xxxxxxxx"\n  l.append(s)\nend\n',
    "lists that grow": "l = []\nwhile True: l += [1, 2, 3, 4, 5, 6, 7, 8]\n",
    "lists that double": "l = [1]\nwhile True: l += l\n",
    "lists that extend themselves": "l = [1]\nwhile True: l.extend(l)\n",
    "dicts that grow": "d = {}\nfor i in range(100000000): d[i] = i\n",
    comprehensions: "x = [i for i in range(100000000)]",
    "comprehensions of dicts": "x = {i: i for i in range(100000000)}",
    sets: "x = set(range(100000000))",
    sorting: "x = sorted(range(100000000))",
    enumerating: "x = enumerate(range(1000000000))",
    zipping: "x = zip(range(1000000000), range(1000000000))",
    joining: 'x = " ".join(["x" * 100000] * 100000)',
    replacing: 'x = ("a" * 1000000).replace("a", "b" * 1000)',
    "replacing nothing": 'x = ("a" * 1000000).replace("", "b" * 1000)',
    formatting: 'x = "{0}{0}{0}{0}".format("x" * 100000000)',
    interpolating: 'x = "%s%s%s" % (("x" * 100000000,) * 3)',
    splitting: 'x = ("a " * 10000000).split()',
    "values that hold themselves many times": "l = [1]\nfor i in range(100): l = [l, l]\nx = str(l)",
    "arguments of a call": "print(*range(100000000))",
    "large ints": "x = 3\nwhile True: x = x * x\n",
    "ints that are shifted": "x = 1\nwhile True: x = x << 511\n",
    "ints that stay": "x = 1 << 500\ny = [x * i for i in range(100000000)]",
    "texts that are read as ints": 'x = int("9" * 1000000)',
    "keys that hold themselves many times": "t = (1,)\nfor i in range(40): t = (t, t)\nx = {t: 1}",
    closures: "l = []\nfor i in range(100000000): l.append(lambda: i)\n",
  };
  for (const [name, source] of Object.entries(grows))
    it(`is bounded: ${name}`, () => {
      const { failure } = run(source, { limits: { maxBytes: 16 * 1024 * 1024, maxSteps: 5_000_000 } });
      assert.equal(limitOf(failure)?.limit, "bytes");
    });

  it("lets everyday programs be", () => {
    const source = 's = ""\nfor i in range(5000): s += "line %d: %s\\n" % (i, "x" * 20)\nprint(len(s))\n';
    assert.deepEqual(run(source).printed, ["158890"]);
    const table = 'd = {"k%d" % i: [i, str(i)] for i in range(20000)}\nprint(len(str(d)))\n';
    assert.equal(run(table).failure, undefined);
    const walk = 's = "aé" * 20000\nn = 0\nfor i in range(len(s)): n += ord(s[i]) if s[i] == "a" else 1\nprint(n)\n';
    assert.deepEqual(run(walk).printed, ["1980000"]);
  });
});

describe("time", () => {
  const slow: Readonly<Record<string, string>> = {
    "comparing what holds itself many times":
      "l = [1]\nm = [1]\nfor i in range(8):\n  l = [l] * 100\n  m = [m] * 100\nend\nx = l == m",
    "searching long texts": 'x = "a" * 1000000\nwhile True: y = x.count("a" * 5000 + "b")\n',
    "searching lists": "x = [1] * 100000\nwhile True: y = 2 in x\n",
    "comparing dicts": "x = dict(zip(range(10000), range(10000)))\ny = dict(x)\nwhile True: z = x == y\n",
    "walking ranges": "x = max(range(2000000000))",
    sorting: "x = list(range(1000))\nwhile True: y = sorted(x, reverse=True)\n",
    "case of letters": 'x = "ä" * 1000000\nwhile True: y = x.title()\n',
  };
  for (const [name, source] of Object.entries(slow))
    it(`is bounded: ${name}`, () => {
      const limits: Partial<StarlarkLimits> = { maxSteps: 300_000, maxBytes: 2 ** 40 };
      assert.equal(limitOf(run(source, { limits }).failure)?.limit, "steps");
    });

  it("does not grow with the product of the lengths of a text and of what is searched for", () => {
    const text = "a".repeat(3_000_000);
    const wanted = `${"a".repeat(2500)}b${"a".repeat(2500)}`;
    const started = performance.now();
    run("x = [wanted in text, text.find(wanted), text.rfind(wanted), text.split(wanted), text.replace(wanted, '')]", {
      predeclared: { text, wanted },
    });
    assert.ok(performance.now() - started < 5000);
  });
});

describe("nesting of sources", () => {
  const nest = (open: string, inner: string, close: string) => (depth: number) =>
    `${open.repeat(depth)}${inner}${close.repeat(depth)}\n`;
  const forms: Readonly<Record<string, (depth: number) => string>> = {
    parentheses: (depth) => `x = ${nest("(", "1", ")")(depth)}`,
    lists: (depth) => `x = ${nest("[", "1", "]")(depth)}`,
    dicts: (depth) => `x = ${nest("{1:", "1", "}")(depth)}`,
    signs: (depth) => `x = ${nest("-", "1", "")(depth)}`,
    negations: (depth) => `x = ${nest("not ", "1", "")(depth)}`,
    calls: (depth) => `x = ${nest("str(", "1", ")")(depth)}`,
    conditions: (depth) => `x = ${nest("1 if 0 else ", "2", "")(depth)}`,
    lambdas: (depth) => `x = ${nest("lambda: ", "1", "")(depth)}`,
    chains: (depth) => `x = "a"${".upper()".repeat(depth)}`,
    loops: (depth) => `x = [1${" for i in [1]".repeat(depth)}]`,
    targets: (depth) => `${nest("[", "x", "]")(depth).trim()} = ${nest("[", "1", "]")(depth)}`,
    ifs: nest("if True:\n", "x = 1\n", "end\n"),
    functions: nest("def f():\n", "x = 1\n", "end\n"),
  };
  for (const [name, form] of Object.entries(forms))
    it(`is bounded: ${name}`, () => {
      assert.equal(run(form(60)).failure, undefined);
      assert.equal(run(form(60)).syntax, undefined);
      for (const depth of [600, 100_000]) {
        const { syntax } = run(form(depth));
        assert.ok(syntax instanceof SyntaxErrors);
        assert.match(syntax.message, /^nested more than 500 levels deep$/);
      }
    });

  it("does not count operators one after the other, nor branches", () => {
    assert.equal(run(`x = 1${" + 1".repeat(20_000)}\nprint(x)\n`).printed.join(""), "20001");
    assert.equal(run(`x = 1${" and 2".repeat(20_000)}\nprint(x)\n`).printed.join(""), "2");
    assert.equal(run(`if 0:\n${"elif 0:\n".repeat(5000)}else:\nprint(5)\nend\n`).syntax?.message, undefined);
  });

  it("values nest to any depth", () => {
    const { printed, failure } = run(
      "l = []\nfor i in range(100000): l = [l]\nprint(len(str(l)))\nt = ()\nfor i in range(100000): t = (t,)\nprint(len(repr(t)))\n",
    );
    assert.equal(failure, undefined);
    assert.deepEqual(printed, ["200002", "300002"]);
  });
});
