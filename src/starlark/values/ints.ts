import { intOf, LimitExceeded, StarlarkFailure, typeOf, type Value } from "./value.ts";

export type Int = number | bigint;

/** Ints have no more bits than that: beyond, to print one takes long where a program counts one step. */
const maxBits = 2 ** 16;
const maxInt = 1n << BigInt(maxBits);
const middleInt = 1n << 256n;
/** From there on words are counted. */
const largeInt = 1n << 4096n;

export function isInt(value: Value): value is Int {
  return typeof value === "number" || typeof value === "bigint";
}

/** The one form of a result. Throws `LimitExceeded` if it is too large. */
export function checkedInt(value: bigint): Int {
  if (value > maxInt || value < -maxInt) throw new LimitExceeded("bytes", `int has more than ${maxBits} bits`);
  return intOf(value);
}

/** Words of 64 bits that an int has. The time of an operation goes by them where they are many. */
export function wordsOf(value: Int): number {
  if (typeof value === "number") return 1;
  if (value < middleInt && value > -middleInt) return 4;
  if (value < largeInt && value > -largeInt) return 64;
  return value.toString(16).length >> 4;
}

/** Division to negative infinity. */
export function floorDivide(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    // The quotient of two safe ints, rounded to a double, can be whole where the true one is not.
    const rest = a % b;
    const quotient = (a - rest) / b;
    return rest !== 0 && rest < 0 !== b < 0 ? quotient - 1 : quotient + 0;
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  const rest = x % y;
  return intOf(rest !== 0n && rest < 0n !== y < 0n ? x / y - 1n : x / y);
}

/** The rest with the sign of the divisor. */
export function floorModulo(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest + 0;
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  const rest = x % y;
  return intOf(rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest);
}

/** An int of 32 bits, which indexes and counts must be. Throws `StarlarkFailure`. */
export function asInt32(value: Value): number {
  if (!isInt(value)) throw new StarlarkFailure(`got ${typeOf(value)}, want int`);
  if (typeof value === "bigint" || value !== (value | 0)) throw new StarlarkFailure(`${value} out of range`);
  return value;
}

/** A float cut to an int. Throws `StarlarkFailure` for what is no number. */
export function intOfFloat(value: number): Int {
  if (Number.isNaN(value)) throw new StarlarkFailure("cannot convert float NaN to integer");
  if (!Number.isFinite(value)) throw new StarlarkFailure("cannot convert float infinity to integer");
  return intOf(BigInt(Math.trunc(value)));
}
