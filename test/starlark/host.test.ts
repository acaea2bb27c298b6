import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  asBool,
  asInt,
  asString,
  asValue,
  Builtin,
  Callable,
  compare,
  compile,
  Dict,
  equals,
  EvalError,
  Float,
  freeze,
  HostValue,
  intOf,
  isTruthy,
  iterate,
  lengthOf,
  limitOf,
  LimitExceeded,
  List,
  nearestName,
  optional,
  Range,
  repr,
  required,
  StarlarkFailure,
  StarlarkSet,
  str,
  Tuple,
  typeOf,
  unpackArgs,
  unpackPositional,
  universe,
  type Value,
} from "../../src/starlark/index.ts";
import { evaluate, framesOf, run, threadOf } from "./support/run.ts";

/** A value with every ability. */
class Card extends HostValue {
  readonly typeName = "record";
  readonly #fields: Map<string, Value>;
  frozen = 0;
  constructor(fields: Readonly<Record<string, Value>>) {
    super();
    this.#fields = new Map(Object.entries(fields));
  }
  display(): string {
    return "record(...)";
  }
  override isTruthy(): boolean {
    return this.#fields.size > 0;
  }
  override freeze(): void {
    this.frozen++;
  }
  override attribute(name: string): Value | undefined {
    if (name === "broken") throw new StarlarkFailure("this one is broken");
    return this.#fields.get(name);
  }
  override attributeNames(): readonly string[] {
    return [...this.#fields.keys()];
  }
  override lookup(key: Value): Value | undefined {
    if (typeof key !== "string") throw new StarlarkFailure("only names");
    return this.#fields.get(key);
  }
  override length(): number {
    return this.#fields.size;
  }
  override iterate(): Iterable<Value> {
    return this.#fields.keys();
  }
  override items(): Iterable<readonly [Value, Value]> {
    return this.#fields;
  }
  override assign(key: Value, value: Value): void {
    this.#fields.set(str(key), value);
  }
  override invoke(_context: unknown, args: readonly Value[]): Value {
    return args.length;
  }
  override equals(other: HostValue): boolean {
    return other instanceof Card && other.#fields.size === this.#fields.size;
  }
}

/** A value with none. */
class Bare extends HostValue {
  readonly typeName = "bare";
  override readonly hashable = true;
  display(): string {
    return "bare";
  }
}

/** A sequence. */
class Letters extends HostValue {
  readonly typeName = "letters";
  display(): string {
    return "letters";
  }
  override length(): number {
    return 3;
  }
  override at(index: number): Value {
    return "abc".charAt(index);
  }
  override contains(item: Value): boolean {
    return item === "a";
  }
}

const record = () => new Card({ alpha: 1, beta: None });
const None: Value = null;

describe("values of the host", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["r.alpha", "1"],
    ["r.beta", "None"],
    ["r.alpa", "record has no .alpa field or method (did you mean .alpha?)"],
    ["r.broken", "this one is broken"],
    ['getattr(r, "broken")', "getattr: this one is broken"],
    ['getattr(r, "broken", 3)', "3"],
    ['getattr(r, "beta", 3)', "None"],
    ['hasattr(r, "broken")', "False"],
    ['hasattr(r, "beta")', "True"],
    ["dir(r)", '["alpha", "beta"]'],
    ['r["alpha"]', "1"],
    ['r["beta"]', "None"],
    ['r["gamma"]', 'key "gamma" not in record'],
    ["r[1]", "only names"],
    ['"alpha" in r', "True"],
    ['"gamma" in r', "False"],
    ["1 in r", "False"],
    ["1 not in r", "True"],
    ["len(r)", "2"],
    ["bool(r)", "True"],
    ["list(r)", '["alpha", "beta"]'],
    ["dict(r)", '{"alpha": 1, "beta": None}'],
    ["(lambda **k: k)(**r)", '{"alpha": 1, "beta": None}'],
    ['"%(alpha)s" % r', '"1"'],
    ["r(1, 2)", "2"],
    ["sorted([3, 1], key=r)", "[3, 1]"],
    ["r == r2", "True"],
    ["r != r2", "False"],
    ["r < r2", "record < record not implemented"],
    ["r == 1", "False"],
    ["{r: 1}", "unhashable type: record"],
    ["r + 1", "unknown binary op: record + int"],
    ["-r", "unknown unary op: - record"],
    ["r[1:2]", "invalid slice operand record"],
    ["type(r)", '"record"'],
    ["str(r)", '"record(...)"'],
    ["b == b", "True"],
    ["b == b2", "False"],
    ["{b: 1}[b]", "1"],
    ["b.x", "bare has no .x field or method"],
    ["b[0]", "unhandled index operation bare[int]"],
    ["len(b)", "len: value of type bare has no len"],
    ["list(b)", "list: for parameter 1: got bare, want iterable"],
    ["[x for x in b]", "bare value is not iterable"],
    ["b()", "invalid call of non-function (bare)"],
    ["1 in b", "unknown binary op: int in bare"],
    ["dict(b)", "dict: got bare, want iterable"],
    ["sorted([1], key=b)", 'sorted: for parameter "key": got bare, want callable'],
    ["bool(b)", "True"],
    ["s[0] + s[-1]", '"ac"'],
    ["s[3]", "letters index 3 out of range [-3:2]"],
    ['s["a"]', "letters index: got string, want int"],
    ['"a" in s', "True"],
    ['"b" in s', "False"],
  ];
  for (const [source, want] of cases)
    it(source, () => {
      const predeclared = { r: record(), r2: record(), b: new Bare(), b2: new Bare(), s: new Letters() };
      assert.equal(evaluate(source, { predeclared }), want);
    });

  it("can be assigned to where they allow it", () => {
    const predeclared = { r: record(), b: new Bare() };
    assert.deepEqual(run('r["alpha"] += 1\nprint(r.alpha)', { predeclared }).printed, ["2"]);
    assert.equal(run("b[0] = 1", { predeclared }).failure?.message, "bare value does not support item assignment");
    assert.equal(run("r.alpha = 1", { predeclared }).failure?.message, "can't assign to .alpha field of record");
  });
});

describe("builtins of the host", () => {
  const greet = new Builtin("greet", (args, kwargs) => {
    const [name, times = 1, loud] = unpackArgs("greet", args, kwargs, [
      required("name", asString),
      optional("times", asInt),
      optional("loud", asBool),
    ]);
    return `${name}${loud === true ? "!" : ""}`.repeat(times);
  });
  const pair = new Builtin(
    "pair",
    (args, kwargs) => new Tuple([...unpackPositional("pair", args, kwargs, [asValue, asInt])]),
  );
  const cases: readonly (readonly [string, string])[] = [
    ['greet("a")', '"a"'],
    ['greet("a", 2)', '"aa"'],
    ['greet("a", loud=True)', '"a!"'],
    ['greet(name="a", times=3)', '"aaa"'],
    ["greet()", "greet: missing argument for name"],
    ["greet(times=1)", "greet: missing argument for name"],
    ['greet("a", 1, True, 4)', "greet: got 4 arguments, want at most 3"],
    ['greet("a", z=1)', 'greet: unexpected keyword argument "z"'],
    ['greet("a", name="b")', 'greet: got multiple values for keyword argument "name"'],
    ["greet(1)", "greet: for parameter name: got int, want string"],
    ["greet(name=1)", 'greet: for parameter "name": got int, want string'],
    ['greet("a", 1 << 40)', "greet: for parameter times: 1099511627776 out of range"],
    ["pair(1, 2)", "(1, 2)"],
    ["pair(1)", "pair: got 1 arguments, want 2"],
    ["pair(1, 2, 3)", "pair: got 3 arguments, want 2"],
    ['pair(1, "a")', "pair: for parameter 2: got string, want int"],
    ["pair(1, b=2)", "pair: unexpected keyword arguments"],
  ];
  for (const [source, want] of cases)
    it(source, () => assert.equal(evaluate(source, { predeclared: { greet, pair } }), want));

  it("call back, and what fails there keeps its calls", () => {
    const twice = new Builtin("twice", ([f = null], _kwargs, context) => {
      context.call(f, [1]);
      return context.call(f, [0]);
    });
    const outcome = run("def f(x):\n  return 1 // x\nend\ndef g():\n  return twice(f)\nend\ng()", {
      predeclared: { twice },
    });
    assert.equal(outcome.failure?.message, "floored division by zero");
    assert.deepEqual(framesOf(outcome), ["f main.star:2:12", "g main.star:5:15", "<toplevel> main.star:7:2"]);
  });

  it("may catch what fails in a call, and go on", () => {
    const attempt = new Builtin("attempt", ([f = null], _kwargs, context) => {
      try {
        return new Tuple([context.call(f, []), null]);
      } catch (error) {
        if (!(error instanceof EvalError) || limitOf(error) !== undefined) throw error;
        return new Tuple([null, error.message]);
      }
    });
    const source = "def f():\n  return [1][len([1])]\nend\nprint(attempt(f))\nprint(attempt(lambda: 1))\n1 // 0";
    const outcome = run(source, { predeclared: { attempt } });
    assert.deepEqual(outcome.printed, ['(None, "list index 1 out of range [-1:0]")', "(1, None)"]);
    assert.deepEqual(framesOf(outcome), ["<toplevel> main.star:6:3"]);
    const endless = run("def f():\n  while True: 1\nend\nattempt(f)", {
      predeclared: { attempt },
      limits: { maxSteps: 5000 },
    });
    assert.equal(limitOf(endless.failure)?.limit, "steps");
  });

  it("see the file that calls them", () => {
    const here = new Builtin("here", (_args, _kwargs, context) => context.callerFile ?? null);
    assert.equal(evaluate("here()", { predeclared: { here } }), '"main.star"');
    assert.equal(threadOf().callerFile, undefined);
    assert.equal(threadOf().call(here, []), null);
  });

  it("fail with their cause; what is no failure of the program passes unchanged", () => {
    const cause = new StarlarkFailure("no");
    const fail = new Builtin("fail_so", () => {
      throw cause;
    });
    assert.equal(run("fail_so()", { predeclared: { fail_so: fail } }).failure?.cause, cause);
    const bug = new TypeError("bug");
    const broken = new Builtin("broken", () => {
      throw bug;
    });
    assert.throws(() => run("broken()", { predeclared: { broken } }), bug);
  });
});

describe("load", () => {
  it("gives names of another module, and its functions their own globals", () => {
    const modules = { m: "count = [0]\ndef inc():\n  count[0] += 1\n  return count[0]\nend\n" };
    assert.deepEqual(run('load("m", "inc", c="count")\ninc()\nprint(inc(), c)', { modules }).printed, ["2 [2]"]);
  });

  it("tells what failed in the module, with the calls of the module that loads", () => {
    const outcome = run('load("m", "x")', { modules: { m: "x = 1 // 0" } });
    assert.equal(outcome.failure?.message, "cannot load m: floored division by zero");
    assert.deepEqual(framesOf(outcome), ["<toplevel> main.star:1:1"]);
    assert.equal(
      run('load("m", "x")', { modules: { m: "x = (" } }).failure?.message,
      "cannot load m: got end of file, want primary expression",
    );
    assert.equal(run('load("n", "x")').failure?.message, "cannot load n: no such module");
  });

  it("passes a bound that was met in the module as that", () => {
    const { failure } = run('load("m", "x")', { modules: { m: "while True: 1\n" }, limits: { maxSteps: 100 } });
    assert.equal(limitOf(failure)?.limit, "steps");
    assert.ok(failure?.cause instanceof LimitExceeded);
  });
});

describe("programs", () => {
  it("run any number of times, each time with variables of their own", () => {
    const program = compile("x = []\nx.append(given)\n_y = x\n", {
      file: "f",
      isPredeclared: (name) => name === "given",
    });
    const first = program.run(threadOf(), new Map([["given", 1]]));
    const second = program.run(threadOf(), new Map([["given", 2]]));
    assert.deepEqual([...first.keys()], ["x", "_y"]);
    assert.equal(repr(first.get("x") ?? null), "[1]");
    assert.equal(repr(second.get("x") ?? null), "[2]");
  });

  it("give only globals that were set", () => {
    assert.deepEqual([...run("if False: x = 1\nend\ny = 2").globals.keys()], []);
    assert.deepEqual([...run("if False:\n  x = 1\nend\ny = 2").globals.keys()], ["y"]);
  });

  it("put calls around functions that mention a mark", () => {
    const calls: string[] = [];
    const predeclared = Object.fromEntries(
      ["mark", "enter", "leave"].map((name) => [
        name,
        new Builtin(name, (args) => {
          calls.push(`${name}(${args.map((arg) => repr(arg)).join(", ")})`);
          return args[0] ?? "left";
        }),
      ]),
    );
    const bracket = { marks: new Set(["mark"]), enter: "enter", leave: "leave" };
    const source =
      "def f(x):\n  if x:\n    return 5\n  end\n  mark(1)\nend\ndef g():\n  return 7\nend\ndef h():\n  def i():\n    for x in [1]:\n      mark(2)\n    end\n  end\n  return i()\nend\nprint(f(0), f(1), g(), h())\nf()";
    const outcome = run(source, { predeclared, bracket });
    assert.deepEqual(outcome.printed, ["left 5 7 left"]);
    assert.deepEqual(calls, ["enter()", "mark(1)", "leave()", "enter()", "leave(5)", "enter()", "mark(2)", "leave()"]);
    // The frame of wrong arguments is the first line that somebody wrote.
    assert.deepEqual(framesOf(outcome), ["f main.star:2:6", "<toplevel> main.star:19:2"]);
  });
});

describe("values outside of programs", () => {
  const list = (...items: Value[]) => new List(items);
  it("have types, truth, lengths and items", () => {
    const values: readonly Value[] = [
      null,
      true,
      1,
      2n ** 70n,
      "é",
      new Float(1),
      list(1),
      new Tuple([1]),
      Dict.of([[1, 2]]),
      StarlarkSet.of([1]),
      new Range(0, 3, 1),
      universe.get("len") ?? null,
    ];
    assert.deepEqual(values.map(typeOf), [
      "NoneType",
      "bool",
      "int",
      "int",
      "string",
      "float",
      "list",
      "tuple",
      "dict",
      "set",
      "range",
      "builtin_function_or_method",
    ]);
    assert.deepEqual(values.map(isTruthy), [false, ...Array.from({ length: 11 }, () => true)]);
    assert.deepEqual(values.map(lengthOf), [
      undefined,
      undefined,
      undefined,
      undefined,
      2,
      undefined,
      1,
      1,
      1,
      1,
      3,
      undefined,
    ]);
    assert.deepEqual(
      values.map((value) => iterate(value) !== undefined),
      [false, false, false, false, false, false, true, true, true, true, true, false],
    );
    assert.deepEqual([...(iterate(new Range(3, 0, -1)) ?? [])], [3, 2, 1]);
    assert.deepEqual(
      values.map((value) => str(value)),
      [
        "None",
        "True",
        "1",
        String(2n ** 70n),
        "é",
        "1",
        "[1]",
        "(1,)",
        "{1: 2}",
        "set([1])",
        "range(3)",
        "<built-in function len>",
      ],
    );
  });

  it("compare as programs compare them", () => {
    assert.equal(equals(list(1, 2), list(1, new Float(2))), true);
    assert.equal(compare("<", list(1, 2), list(1, 3)), true);
    assert.throws(() => compare("<", 1, "a"), new StarlarkFailure("int < string not implemented"));
    let deep: Value = 1;
    for (let level = 0; level < 10; level++) deep = list(deep);
    assert.throws(() => equals(deep, list(deep)), /^StarlarkFailure: comparison exceeded maximum recursion depth$/);
    assert.equal(equals(deep, deep, 20), true);
  });

  it("cannot change while a loop over them runs", () => {
    const held = list(1, 2);
    for (const _ of iterate(held) ?? []) assert.throws(() => held.checkMutable("append to"), /during iteration$/);
    held.checkMutable("append to");
  });

  it("freeze with all that they hold, functions with their defaults and variables", () => {
    const host = record();
    const { globals } = run(
      "inner = []\nouter = [{1: (inner, set([2]))}, r]\nshared = [1]\ndef make():\n  own = []\n  return lambda x=shared: own.append(1)\nend\nf = make()\nouter.append(outer)\nouter.append(inner.append)",
      { predeclared: { r: host } },
    );
    for (const value of globals.values()) freeze(value);
    assert.equal(host.frozen, 1);
    const inner = globals.get("inner");
    assert.ok(inner instanceof List && inner.frozen);
    assert.throws(() => threadOf().call(globals.get("f") ?? null, []), /append: cannot append to frozen list/);
    let deep: Value = list();
    for (let level = 0; level < 100_000; level++) deep = new Tuple([deep, deep]);
    freeze(deep);
  });

  it("ints have one form", () => {
    assert.equal(intOf(5n), 5);
    assert.equal(intOf(2n ** 53n), 2n ** 53n);
    assert.equal(intOf(2 ** 53), 2n ** 53n);
  });

  it("names are guessed up to half of their letters", () => {
    assert.equal(nearestName("replcas", ["replicas", "image"]), "replicas");
    assert.equal(nearestName("fooBar", ["foo_bar"]), "foo_bar");
    assert.equal(nearestName("xyz", ["replicas"]), undefined);
    assert.equal(nearestName("x".repeat(300), ["x".repeat(299)]), undefined);
  });

  it("functions know their names", () => {
    const { globals } = run("def f(): return 1\ng = lambda: 1");
    const callables = [...globals.values()].filter((value) => value instanceof Callable);
    assert.deepEqual(
      callables.map(({ name }) => name),
      ["f", "lambda"],
    );
  });
});
