/** `str` of a float: six digits, Go's `%.6g`. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [digits, exponent] = roundedDigits(Math.abs(value), 6);
  return general(digits, exponent, isNegative(value));
}

/** A float by a conversion of `%`: `e`, `f` or `g`. */
export function formatFloat(value: number, verb: "e" | "f" | "g"): string {
  if (!Number.isFinite(value)) return special(value);
  const size = Math.abs(value);
  switch (verb) {
    case "e": {
      const [digits, exponent] = roundedDigits(size, 7);
      return `${sign(value)}${digits.charAt(0)}.${digits.slice(1)}${exponentText(exponent)}`;
    }
    case "f":
      return sign(value) + fixed(size);
    case "g": {
      const [digits = "", exponent = "0"] = size.toExponential().split("e");
      return general(digits.replace(".", ""), Number(exponent), isNegative(value));
    }
  }
}

function special(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

function sign(value: number): string {
  return isNegative(value) ? "-" : "";
}

/** Enough digits to tell whether a double lies exactly between two decimals of few digits. */
const exactDigits = 50;

/** Digits of d.ddd × 10^exponent. What lies exactly between two goes to the even one, where JavaScript's own rounding goes up. */
function roundedDigits(size: number, count: number): readonly [digits: string, exponent: number] {
  const [rounded = "", exponent = "0"] = size.toExponential(count - 1).split("e");
  const digits = rounded.replace(".", "");
  if (isOdd(digits)) {
    const [exact = "", exactExponent = "0"] = size.toExponential(exactDigits).split("e");
    const all = exact.replace(".", "");
    if (isHalf(all.slice(count))) return [all.slice(0, count), Number(exactExponent)];
  }
  return [digits, Number(exponent)];
}

function fixed(size: number): string {
  // Beyond that, toFixed itself would use an exponent.
  if (size >= 1e21) return `${BigInt(size)}.000000`;
  const rounded = size.toFixed(6);
  const exact = isOdd(rounded) ? size.toFixed(exactDigits) : "";
  const kept = exact.indexOf(".") + 7;
  return isHalf(exact.slice(kept)) ? exact.slice(0, kept) : rounded;
}

function isOdd(digits: string): boolean {
  return Number(digits.at(-1)) % 2 === 1;
}

function isHalf(rest: string): boolean {
  return /^50+$/.test(rest);
}

/** With an exponent from 1e6 on and below 1e-4. */
function general(allDigits: string, exponent: number, negative: boolean): string {
  const digits = allDigits.replace(/0+$/, "") || "0";
  const prefix = negative ? "-" : "";
  if (exponent < -4 || exponent >= 6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return prefix + digits.charAt(0) + fraction + exponentText(exponent);
  }
  if (exponent < 0) return `${prefix}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return prefix + whole + (digits.length > exponent + 1 ? `.${digits.slice(exponent + 1)}` : "");
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
