import {
  asValue,
  Builtin,
  type BuiltinBody,
  Float,
  intOf,
  StarlarkFailure,
  unpackPositional,
  type Value,
} from "../../starlark/index.ts";
import { goTypeOf, yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf } from "./builtin.ts";
import { gamma } from "./gamma.ts";

const warning =
  "\nWarning: a function from the @ytt:math module is used in this invocation; this module does not guarantee bit-identical results across CPU architectures.";

/** Who has heard the warning: each render has a receiver of its own, and loads the module as often as its files do. */
const warned = new WeakSet<(line: string) => void>();

/**
 * `@ytt:math`; its functions have their bare names in messages.
 * @param warn Told at the first call of any function that results may differ between processors.
 */
export function mathModule(warn: (line: string) => void): ModuleMembers {
  const warnsFirst = (builtin: Builtin): Builtin =>
    new Builtin(builtin.name, (args, kwargs, context) => {
      if (!warned.has(warn)) warn(warning);
      warned.add(warn);
      return builtin.invoke(context, args, kwargs);
    });
  const named = (name: string, body: BuiltinBody): Builtin => warnsFirst(yttFunction(name, body));
  const unary = (name: string, compute: (x: number) => number): Builtin =>
    named(name, (args) => {
      const [x] = args;
      if (args.length !== 1 || x === undefined) throw new StarlarkFailure("expected exactly one argument");
      return new Float(compute(floatOf(x)));
    });
  const binary = (name: string, compute: (x: number, y: number) => number): Builtin =>
    named(name, (args) => {
      const [x, y] = args;
      if (args.length !== 2 || x === undefined || y === undefined)
        throw new StarlarkFailure("expected exactly two arguments");
      return new Float(compute(floatOf(x), floatOf(y)));
    });
  const rounding = (name: string, round: (x: number) => number): Builtin =>
    named(name, (args, kwargs) => {
      const [x] = unpackPositional(name, args, kwargs, [asValue]);
      return typeof x === "number" || typeof x === "bigint" ? x : wholeNumber(round(floatOf(x)));
    });

  return moduleOf("math", {
    ceil: rounding("ceil", Math.ceil),
    copysign: binary("copysign", (x, y) => (isNegative(x) === isNegative(y) ? x : -x)),
    fabs: unary("fabs", Math.abs),
    floor: rounding("floor", Math.floor),
    mod: binary("round", (x, y) => x % y),
    pow: binary("pow", pow),
    remainder: binary("remainder", remainder),
    round: unary("round", roundHalfAway),
    exp: unary("exp", Math.exp),
    sqrt: unary("sqrt", Math.sqrt),
    acos: unary("acos", Math.acos),
    asin: unary("asin", Math.asin),
    atan: unary("atan", Math.atan),
    atan2: binary("atan2", Math.atan2),
    cos: unary("cos", Math.cos),
    hypot: binary("hypot", Math.hypot),
    sin: unary("sin", Math.sin),
    tan: unary("tan", Math.tan),
    degrees: unary("degrees", (x) => (360 * x) / (2 * Math.PI)),
    radians: unary("radians", (x) => (2 * Math.PI * x) / 360),
    acosh: unary("acosh", Math.acosh),
    asinh: unary("asinh", Math.asinh),
    atanh: unary("atanh", Math.atanh),
    cosh: unary("cosh", Math.cosh),
    sinh: unary("sinh", Math.sinh),
    tanh: unary("tanh", Math.tanh),
    log: warnsFirst(new Builtin("log", logarithm)),
    gamma: unary("gamma", gamma),
    e: new Float(Math.E),
    pi: new Float(Math.PI),
  });
}

const logarithm: BuiltinBody = (args, kwargs) => {
  const [x, base = new Float(Math.E)] = unpackPositional("log", args, kwargs, [asValue], [asValue]);
  return new Float(Math.log(floatOf(x)) / Math.log(floatOf(base)));
};

function floatOf(value: Value): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (value instanceof Float) return value.value;
  throw new StarlarkFailure(`expected float value, but was ${goTypeOf(value)}`);
}

function wholeNumber(value: number): Value {
  if (Number.isNaN(value)) throw new StarlarkFailure("cannot convert float NaN to integer");
  if (!Number.isFinite(value)) throw new StarlarkFailure("cannot convert float infinity to integer");
  return intOf(BigInt(value));
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** IEEE 754 has 1 here where JavaScript has NaN. */
function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1;
  return x ** y;
}

/** The remainder of IEEE 754: nearest to zero, of a tie the one of the even quotient. */
function remainder(x: number, y: number): number {
  if (Number.isNaN(y)) return y;
  if (Math.abs(y) === Number.POSITIVE_INFINITY && Number.isFinite(x)) return x;
  const divisor = Math.abs(y);
  const isDoubled = divisor <= Number.MAX_VALUE / 2;
  let rest = Math.abs(isDoubled ? x % (2 * divisor) : x);
  // `rest > divisor / 2`, where the half of the smallest divisors would be rounded.
  const exceedsHalf = (orTie: boolean): boolean => {
    const excess = rest - (divisor - rest);
    return excess > 0 || (orTie && excess === 0);
  };
  if (exceedsHalf(false)) {
    rest -= divisor;
    if (exceedsHalf(true)) rest -= divisor;
  }
  return isNegative(x) ? -rest : rest;
}
