import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Builtin, HostValue, List, type Value } from "../../src/starlark/index.ts";
import { evaluate, run } from "./support/run.ts";

class Opaque extends HostValue {
  readonly typeName = "opaque";
  readonly secret = "hidden";
  display(): string {
    return "opaque";
  }
}

const names = [
  "constructor",
  "prototype",
  "__proto__",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "length",
  "items",
  "fields",
  "typeName",
  "name",
  "call",
  "apply",
  "bind",
  "invoke",
  "display",
  "secret",
  "body",
  "code",
  "module",
  "then",
  "size",
  "iterators",
  "frozen",
  "markFrozen",
  "__defineGetter__",
  "__lookupGetter__",
  "caller",
  "arguments",
];
const values = [
  '""',
  "[]",
  "{}",
  "()",
  "1",
  "1 << 70",
  "1.5",
  "True",
  "None",
  "len",
  '"".upper',
  "[].append",
  "range(3)",
  "set([])",
  "(lambda: 1)",
  '"".elems()',
  "opaque",
  "builtin",
];
/** What programs may see under these names. */
const known = new Set(["{}.items"]);
const predeclared: Record<string, Value> = { opaque: new Opaque(), builtin: new Builtin("builtin", () => null) };

describe("nothing of the host is reachable", () => {
  for (const value of values)
    it(`from ${value}`, () => {
      for (const name of names) {
        if (known.has(`${value}.${name}`)) continue;
        const message = evaluate(`(${value}).${name}`, { predeclared });
        assert.match(message, new RegExp(`^[A-Za-z_]+ has no \\.${name} field or method`), `${value}.${name}`);
        assert.equal(evaluate(`hasattr(${value}, "${name}")`, { predeclared }), "False");
        assert.equal(evaluate(`getattr(${value}, "${name}", 5)`, { predeclared }), "5");
        assert.match(run(`x = ${value}\nx.${name} = 1`, { predeclared }).failure?.message ?? "", /^can't assign to /);
      }
    });

  it("by names of variables", () => {
    for (const name of [
      "globalThis",
      "process",
      "require",
      "eval",
      "Function",
      "Object",
      "window",
      "self",
      "this",
      "constructor",
      "__proto__",
      "undefined",
      "arguments",
      "toString",
      "hasOwnProperty",
      "abs",
      "open",
      "exec",
      "__import__",
    ])
      assert.match(evaluate(name), /^undefined: /, name);
  });

  it("by keys: dicts and keyword arguments hold any name", () => {
    for (const name of names) {
      assert.equal(evaluate(`{}.get("${name}")`), "None");
      assert.equal(evaluate(`"${name}" in {}`), "False");
      assert.equal(evaluate(`{"${name}": 1}["${name}"]`), "1");
      assert.equal(evaluate(`dict(${name}=1)`), `{"${name}": 1}`);
      assert.equal(evaluate(`(lambda **k: k)(${name}=1)`), `{"${name}": 1}`);
      assert.equal(evaluate(`"%(${name})s" % {}`), `key not found: ${name}`);
      assert.equal(evaluate(`"{${name}}".format()`), `format: keyword ${name} not found`);
      assert.equal(evaluate(`(lambda ${name}: ${name})(1)`), "1");
    }
  });

  it("by globals and loads", () => {
    const { printed, globals } = run(
      "__proto__ = 1\nconstructor = 2\ndef toString():\n  return __proto__ + constructor\nend\nprint(toString())",
    );
    assert.deepEqual(printed, ["3"]);
    assert.deepEqual([...globals.keys()], ["__proto__", "constructor", "toString"]);
    const { failure } = run('load("m", "constructor")', { modules: { m: "x = 1" } });
    assert.equal(failure?.message, "load: name constructor not found in module m");
  });

  it("by conversions: a text is never code, a value never changes the host", () => {
    assert.equal(evaluate('"${1+1}" + "`"'), '"${1+1}`"');
    run('d = {"__proto__": {"polluted": 1}}\nd["constructor"] = d\nd.update(__proto__=d)');
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    assert.equal(new List([]).items.length, 0);
  });
});
