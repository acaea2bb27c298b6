import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isIP } from "node:net";
import fc from "fast-check";
import { type HostValue, Tuple, type Value } from "../../../src/starlark/index.ts";
import { call, failureOf, threadWith } from "./call.ts";

const ask = (value: Value | undefined, name: string): Value =>
  threadWith().call((value as HostValue).attribute?.(name) ?? null, []);

describe("ip.parse_addr", () => {
  const cases: readonly (readonly [text: string, want: string, isV4: boolean])[] = [
    ["10.0.0.1", "10.0.0.1", true],
    ["2001:0DB8::0001", "2001:db8::1", false],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3", false],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", false],
    ["::ffff:102:304", "1.2.3.4", true],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304", false],
    ["::", "::", false],
  ];
  for (const [text, want, isV4] of cases)
    it(text, () => {
      const address = call("ip.parse_addr", [text]);
      assert.deepEqual([ask(address, "string"), ask(address, "is_ipv4"), ask(address, "is_ipv6")], [want, isV4, !isV4]);
    });
  for (const text of ["300.1.1.1", "01.2.3.4", "1.2.3", "1..2.3", "fe80::1%eth0", ":::", "1:2:3:4:5:6:7:8::", "", "x"])
    it(`refuses ${text}`, () => {
      assert.equal(
        failureOf(() => call("ip.parse_addr", [text])),
        `ip.parse_addr: invalid IP address: ${text}`,
      );
    });
  it("takes and writes what Node knows as addresses", () => {
    const likely = fc.string({ unit: fc.constantFrom(..."0123456789abcdf:::..".split("")) });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), likely), (text) => {
        const failure = failureOf(() => call("ip.parse_addr", [text]));
        assert.equal(failure === "no failure", isIP(text) !== 0, text);
        if (failure !== "no failure") return;
        const string = ask(call("ip.parse_addr", [text]), "string");
        assert.equal(ask(call("ip.parse_addr", [string]), "string"), string);
      }),
    );
  });
});

describe("ip.parse_cidr", () => {
  const cases: readonly (readonly [text: string, address: string, network: string])[] = [
    ["10.1.2.3/16", "10.1.2.3", "10.1.0.0/16"],
    ["10.1.2.3/0", "10.1.2.3", "0.0.0.0/0"],
    ["2001:db8::5/45", "2001:db8::5", "2001:db8::/45"],
    ["::ffff:1.2.3.4/120", "1.2.3.4", "1.2.3.0/24"],
    ["::ffff:1.2.3.4/90", "1.2.3.4", "::ffc0:0:0/90"],
  ];
  for (const [text, address, network] of cases)
    it(text, () => {
      const pair = call("ip.parse_cidr", [text]);
      assert.ok(pair instanceof Tuple);
      assert.deepEqual(
        pair.items.map((item) => ask(item, "string")),
        [address, network],
      );
    });
  for (const text of ["10.0.0.0/33", "10.0.0.0", "10.0.0.0/", "10.0.0.0/-1", "::/129", "/8"])
    it(`refuses ${text}`, () => {
      assert.equal(
        failureOf(() => call("ip.parse_cidr", [text])),
        `ip.parse_cidr: invalid CIDR address: ${text}`,
      );
    });
});
