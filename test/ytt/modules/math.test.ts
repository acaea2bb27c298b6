import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Float, type Value } from "../../../src/starlark/index.ts";
import { call, failureOf, warnings } from "./call.ts";

describe("math", () => {
  it("warns once", () => {
    call("math.sqrt", [4]);
    call("math.sqrt", [4]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^\nWarning: a function from the @ytt:math module is used/);
  });

  const results: readonly (readonly [name: string, args: readonly number[], want: number])[] = [
    ["round", [0.5], 1],
    ["round", [-2.5], -3],
    ["round", [0.49999999999999994], 0],
    ["mod", [-5, 3], -2],
    ["remainder", [5, 3], -1],
    ["remainder", [5, 2], 1],
    ["remainder", [3, 2], -1],
    ["remainder", [-5, 2], -1],
    ["remainder", [1, Number.POSITIVE_INFINITY], 1],
    ["remainder", [1, 0], Number.NaN],
    ["remainder", [1e308, 1.7e308], 1e308 - 1.7e308],
    ["pow", [-1, Number.POSITIVE_INFINITY], 1],
    ["pow", [1, Number.NaN], 1],
    ["copysign", [3, -0], -3],
    ["log", [8, 2], 3],
    ["log", [Math.E], 1],
    ["degrees", [Math.PI], 180],
    ["hypot", [3, 4], 5],
  ];
  for (const [name, args, want] of results)
    it(`${name}(${args.join(", ")})`, () => {
      const values = args.map((value) => new Float(value));
      assert.deepEqual(call(`math.${name}`, values), new Float(want));
    });

  it("gamma, as ytt has it but for the last digits", () => {
    const cases: readonly (readonly [x: number, want: number])[] = [
      [1, 1],
      [5, 24],
      [0.5, 1.7724538509055159],
      [-1.5, 2.363271801207355],
      [-0.1, -10.686287021193193],
      [-0, Number.NEGATIVE_INFINITY],
      [-2, Number.NaN],
      [1e-10, 9999999999.422785],
      [33.5, 1.505856975626702e36],
      [150.5, 4.661072627097374e261],
      [171.5, 9.483367566824793e307],
      [172, Number.POSITIVE_INFINITY],
      [-40.25, -2.1568447683825584e-48],
      [-170.5, -3.3127395215386015e-308],
    ];
    for (const [x, want] of cases) {
      const value = call("math.gamma", [new Float(x)]);
      assert.ok(value instanceof Float);
      const isClose = Object.is(value.value, want) || Math.abs(value.value / want - 1) < 1e-12;
      assert.ok(isClose, `gamma(${x}) = ${value.value}, not ${want}`);
    }
  });

  it("ceil and floor give ints, also great ones", () => {
    assert.equal(call("math.ceil", [new Float(1.2)]), 2);
    assert.equal(call("math.floor", [new Float(-1.2)]), -2);
    assert.equal(call("math.ceil", [2n ** 70n]), 2n ** 70n);
    assert.equal(call("math.floor", [new Float(2 ** 70)]), 2n ** 70n);
  });

  const refused: readonly (readonly [name: string, args: readonly Value[], want: string])[] = [
    ["pow", [2], "pow: expected exactly two arguments"],
    ["mod", [2], "round: expected exactly two arguments"],
    ["sqrt", ["x"], "sqrt: expected float value, but was starlark.String"],
    ["log", ["x"], "expected float value, but was starlark.String"],
    ["ceil", [], "ceil: ceil: got 0 arguments, want 1"],
    ["ceil", [new Float(Number.POSITIVE_INFINITY)], "ceil: cannot convert float infinity to integer"],
    ["floor", [new Float(Number.NaN)], "floor: cannot convert float NaN to integer"],
  ];
  for (const [name, args, want] of refused)
    it(want, () => {
      assert.equal(
        failureOf(() => call(`math.${name}`, args)),
        want,
      );
    });
});
