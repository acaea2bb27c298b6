import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Builtin,
  type Callable,
  Dict,
  Float,
  type HostValue,
  limitOf,
  List,
  StarlarkFailure,
  Tuple,
  type Value,
} from "../../../src/starlark/index.ts";
import { standardModule } from "../../../src/ytt/modules/index.ts";
import { call, failureOf, functionOf, threadWith } from "./call.ts";

const dict = (entries: Readonly<Record<string, Value>>): Dict => Dict.of(Object.entries(entries));
const field = (value: Value, name: string): Value => (value as HostValue).attribute?.(name) ?? null;

describe("standardModule", () => {
  it("knows the modules that need no template", () => {
    const options = { yttVersion: "0.52.0", warn: () => {} };
    const names = [
      "assert",
      "base64",
      "ip",
      "json",
      "math",
      "md5",
      "module",
      "regexp",
      "sha256",
      "struct",
      "toml",
      "url",
      "version",
      "yaml",
    ];
    for (const name of names) assert.deepEqual([...(standardModule(name, options)?.keys() ?? [])], [name]);
    for (const name of ["data", "constructor", ""]) assert.equal(standardModule(name, options), undefined);
  });
});

describe("assert", () => {
  it("compares texts of YAML", () => {
    assert.equal(call("assert.equals", [new Tuple([1]), new List([new Float(1)])]), null);
    assert.equal(
      failureOf(() => call("assert.equals", [1, "1"])),
      'assert.equals: Not equal:\n(expected type: int)\n1\n\n\n(was type: string)\n"1"\n',
    );
    assert.equal(
      failureOf(() => call("assert.equals", [functionOf(() => 1), 1])),
      "assert.equals: expected argument not to be a function, but was *starlark.Builtin",
    );
  });
  it("hears of failures, but not of met limits", () => {
    const tried = (body: () => Value): Value => call("assert.try_to", [functionOf(body)]);
    assert.deepEqual(
      tried(() => 5),
      new Tuple([5, null]),
    );
    assert.deepEqual(
      tried(() => call("assert.fail", ["nope"])),
      new Tuple([null, "assert.fail: fail: nope"]),
    );
    const endless = new Builtin("endless", (_args, _kwargs, context) => {
      context.step(1_000);
      return null;
    });
    const attempt = (): Value => call("assert.try_to", [endless], {}, threadWith({ maxSteps: 100 }));
    assert.throws(attempt, (error) => limitOf(error)?.limit === "steps");
    assert.throws(
      () =>
        tried(() => {
          throw new TypeError("ours");
        }),
      TypeError,
    );
  });
  it("makes rules", () => {
    const check = (rule: Value, value: Value): Value => threadWith().call(field(rule, "check"), [value]);
    assert.equal(check(call("assert.min", [3]), 3), true);
    assert.equal(
      failureOf(() => check(call("assert.min", [3]), 2)),
      "fail: value < 3",
    );
    assert.equal(check(call("assert.one_of", ["a", "b"]), "b"), true);
    assert.equal(check(call("assert.one_not_null", [new List(["a"])]), dict({ a: 1, b: 2 })), true);
    assert.equal(call("assert.not_null", [1]), true);
  });
  const refused: readonly (readonly [name: string, args: readonly Value[], want: string])[] = [
    ["not_null", [null], "fail: value is null"],
    ["not_null", [1, 2], "got 2 arguments, want at most 1"],
    ["min", [], "got 0 arguments, want 1"],
    ["min_len", ["a"], "expected value to be an number, but was string"],
    ["one_of", [], "got 0 arguments, want at least 1"],
    ["one_of", [5], "expected a sequence, but was a 'int'"],
    ["one_not_null", [false], "one_not_null() cannot be False"],
    ["try_to", [5], "expected argument to be a function, but was starlark.Int"],
    ["fail", [5], "expected a string, but was int"],
  ];
  for (const [name, args, want] of refused)
    it(`${name}: ${want}`, () => {
      assert.equal(
        failureOf(() => call(`assert.${name}`, args)),
        `assert.${name}: ${want}`,
      );
    });
});

describe("struct and module", () => {
  it("structs are made of dicts, and dicts of structs, as deep as they go", () => {
    const made = call("struct.encode", [dict({ a: new List([dict({ b: 1 })]) })]);
    const [inner = null] = (field(made, "a") as List).items;
    assert.equal(field(inner, "b"), 1);
    assert.equal(call("json.encode", [call("struct.decode", [made])]), '{"a":[{"b":1}]}');
    assert.equal(
      failureOf(() => call("struct.encode", [Dict.of([[1, 2]])])),
      "struct.encode: expected struct key 1 to be string",
    );
  });
  it("functions are bound to what goes before their arguments", () => {
    const show = functionOf((...args) => args.map(String).join(" "));
    const bound = call("struct.bind", [show, 1, 2]) as Callable;
    assert.equal(threadWith().call(bound, [3]), "1 2 3");
    const object = call("struct.make_and_bind", [5], { show, size: 7 });
    assert.equal(threadWith().call(field(object, "show"), [6]), "5 6");
    assert.equal(field(object, "size"), 7);
  });
  it("failures of bound functions are told under the name of the binding", () => {
    const failing = functionOf(() => {
      throw new StarlarkFailure("x");
    });
    assert.equal(
      failureOf(() => threadWith().call(call("struct.bind", [failing, 1]), [])),
      "struct.bind_result: x",
    );
  });
  it("modules have a name and members", () => {
    const made = call("module.make", ["m"], { a: 1 }) as HostValue;
    assert.deepEqual([made.display(), field(made, "a")], ['<module "m">', 1]);
    assert.equal(
      failureOf(() => call("module.make", [])),
      "module.make: module.make: got 0 arguments, want 1",
    );
  });
});

describe("yaml", () => {
  it("nothing is no text, empty containers are", () => {
    assert.deepEqual(
      [null, new List([]), new Dict(), "", dict({ a: null })].map((value) => call("yaml.encode", [value])),
      ["", "[]\n", "{}\n", '""\n', "a: null\n"],
    );
  });
  it("reads one document", () => {
    assert.equal(call("json.encode", [call("yaml.decode", ["b: 1 # c\na: [x]\n"])]), '{"a":["x"],"b":1}');
    assert.equal(
      failureOf(() => call("yaml.decode", ["a: 1\n---\nb: 2\n"])),
      "yaml.decode: Expected to find exactly one YAML document",
    );
    assert.match(
      failureOf(() => call("yaml.decode", ["a: 1\na: 2\n"])),
      /^yaml\.decode: Unexpected duplicate key: a$/,
    );
  });
});

describe("md5, sha256", () => {
  it("hash the bytes", () => {
    assert.equal(call("md5.sum", ["é"]), "66ddcd97cfdeabb2f6fb8a999b4bc76f");
    assert.equal(call("sha256.sum", [""]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("version", () => {
  const met = ["0.52.0", "0.1.0", "0.52.0-rc.1"];
  const unmet = ["0.52.1", "1.0.0"];
  const malformed = ["v1", "v1.2.3", "1.2", "01.2.3", " 1.2.3", "1.2.3 ", "=1.2.3", ""];
  it("asks for what is there", () => {
    for (const version of met) assert.equal(call("version.require_at_least", [version]), null);
    for (const version of unmet)
      assert.equal(
        failureOf(() => call("version.require_at_least", [version])),
        `version.require_at_least: ytt version '0.52.0' does not meet the minimum required version '${version}'`,
      );
    for (const version of malformed)
      assert.equal(
        failureOf(() => call("version.require_at_least", [version])),
        `version.require_at_least: version string '${version}' must be a valid semver`,
      );
  });
});

describe("values that stand for texts without end", () => {
  it("meet a limit", () => {
    let doubled: Value = 0;
    for (let i = 0; i < 60; i++) doubled = new List([doubled, doubled]);
    const endless = new List([]);
    endless.items.push(endless);
    for (const value of [doubled, endless])
      for (const name of ["json.encode", "yaml.encode", "struct.encode", "struct.decode"])
        assert.throws(
          () => call(name, [value], {}, threadWith({ maxSteps: 100_000 })),
          (error) => limitOf(error) !== undefined,
        );
  });
});
