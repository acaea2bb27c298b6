import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Dict, type HostValue, List, type Value } from "../../../src/starlark/index.ts";
import { bytes, call, failureOf, threadWith } from "./call.ts";

const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

describe("escaping", () => {
  it("path segments keep what separates nothing in them", () => {
    assert.equal(
      call("url.path_segment_encode", [`${ascii}é`]),
      "%20%21%22%23$%25&%27%28%29%2A+%2C-.%2F0123456789:%3B%3C=%3E%3F@ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~%C3%A9",
    );
  });
  it("query values keep letters, digits and four marks", () => {
    assert.equal(call("url.query_param_value_encode", [" $&+:=@/-_.~"]), "+%24%26%2B%3A%3D%40%2F-_.~");
  });
  it("an escape that is none", () => {
    for (const [text, shown] of [
      ["a%zz", "%zz"],
      ["%", "%"],
      ["%4", "%4"],
      ["%aé", "%a\\xc3"],
    ])
      assert.equal(
        failureOf(() => call("url.path_segment_decode", [text ?? ""])),
        `url.path_segment_decode: invalid URL escape "${shown}"`,
      );
  });
  it("what is encoded decodes to the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const text = bytes(...data);
        for (const kind of ["path_segment", "query_param_value"])
          assert.equal(call(`url.${kind}_decode`, [call(`url.${kind}_encode`, [text])]), text);
      }),
    );
  });
});

describe("query parameters", () => {
  it("are sorted, values keep their order", () => {
    const parameters = Dict.of([
      ["b", new List(["1", "x y"])],
      ["a", new List([])],
      ["é", new List(["="])],
    ]);
    assert.equal(call("url.query_params_encode", [parameters]), "b=1&b=x+y&%C3%A9=%3D");
  });
  it("are parted by semicolons as well", () => {
    const parameters = call("url.query_params_decode", ["b=1&a=2;a=3&&c"]);
    assert.ok(parameters instanceof Dict);
    assert.deepEqual([...parameters.keys()], ["a", "b", "c"]);
    assert.deepEqual(parameters.get("a"), new List(["2", "3"]));
    assert.deepEqual(parameters.get("c"), new List([""]));
  });
  const refused: readonly (readonly [value: Value, want: string])[] = [
    [new List([1]), "expected argument to be a map, but was []interface {}"],
    [null, "expected argument to be a map, but was <nil>"],
    [Dict.of([["a", "x"]]), "expected map value to be array, but was string"],
    [Dict.of([[1, "x"]]), "expected map key to be string, but was int64"],
    [Dict.of([["a", new List([1])]]), "expected array value to be string, but was int64"],
  ];
  for (const [value, want] of refused)
    it(want, () => {
      assert.equal(
        failureOf(() => call("url.query_params_encode", [value])),
        `url.query_params_encode: ${want}`,
      );
    });
});

describe("url.parse", () => {
  const method = (value: Value | undefined, name: string): Value =>
    threadWith().call((value as HostValue).attribute?.(name) ?? null, []);

  const cases: readonly (readonly [url: string, string: string, hostname: string])[] = [
    ["http://u:p@host.com:80/p?q=1#f", "http://u:p@host.com:80/p?q=1#f", "host.com"],
    ["http://[::1]:80/", "http://[::1]:80/", "::1"],
    ["http://[fe80::1%25en0]/", "http://[fe80::1%25en0]/", "fe80::1%en0"],
    ["mailto:a@b?x=1", "mailto:a@b?x=1", ""],
    ["file:///x", "file:///x", ""],
    ["HTTP://H", "http://H", "H"],
    ["/a b", "/a%20b", ""],
    ["/%41%2f", "/%41%2f", ""],
    ["a?", "a?", ""],
    ["a#", "a", ""],
    ["", "", ""],
  ];
  for (const [url, string, hostname] of cases)
    it(url, () => {
      const value = call("url.parse", [url]);
      assert.deepEqual([method(value, "string"), method(value, "hostname")], [string, hostname]);
    });
  it("users", () => {
    const value = call("url.parse", ["http://%75:%40@h/p"]) as HostValue;
    const user = value.attribute?.("user") as HostValue;
    assert.deepEqual([user.attribute?.("name"), user.attribute?.("password")], ["u", "@"]);
    assert.equal(method(user, "string"), "u:%40");
    assert.equal(method(method(value, "without_user"), "string"), "http://h/p");
    assert.equal((call("url.parse", ["http://h"]) as HostValue).attribute?.("user"), null);
  });

  const refused: readonly (readonly [url: string, want: string])[] = [
    ["http://a b", 'invalid character " " in host name'],
    [":x", "missing protocol scheme"],
    ["a:b:c/d", ""],
    ["1a:b", "first path segment in URL cannot contain colon"],
    ["http://h:x/", 'invalid port ":x" after host'],
    ["http://[::1", "missing ']' in host"],
    ["http://[x]", 'invalid host: ParseAddr("x"): unable to parse IP'],
    ["http://[1.2.3.4]", "invalid IP-literal"],
    ["http://a%zz/", 'invalid URL escape "%zz"'],
    ["http://u /@h", 'invalid character " " in host name'],
    ["/a\nb", "net/url: invalid control character in URL"],
  ];
  for (const [url, want] of refused)
    it(`refuses ${JSON.stringify(url)}`, () => {
      const failure = failureOf(() => call("url.parse", [url]));
      assert.equal(failure, want === "" ? "no failure" : `url.parse: parse ${JSON.stringify(url)}: ${want}`);
    });
  it("what it writes reads as the same", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const string = method(call("url.parse", [url]), "string");
        assert.equal(method(call("url.parse", [string]), "string"), string);
      }),
    );
  });
});
