import { type CallContext, fromBytes, type KeywordArgument, StarlarkFailure, toBytes } from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { booleanKeyword, type ModuleMembers, moduleOf, oneString } from "./builtin.ts";

/** `@ytt:base64`. */
export const base64Module: ModuleMembers = moduleOf("base64", {
  encode: yttFunction("base64.encode", (args, kwargs, context) => {
    const text = oneString(args, context);
    return encode(toBytes(text), variantOf(kwargs), context);
  }),
  decode: yttFunction("base64.decode", (args, kwargs, context) => {
    const text = oneString(args, context);
    return fromBytes(decode(toBytes(text), variantOf(kwargs)));
  }),
});

interface Variant {
  readonly alphabet: string;
  readonly isPadded: boolean;
  /** Bits that the text leaves over must be zero. */
  readonly isStrict: boolean;
}

const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const padding = 0x3d;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

function variantOf(kwargs: readonly KeywordArgument[]): Variant {
  return {
    alphabet: `${common}${booleanKeyword(kwargs, "url", false) ? "-_" : "+/"}`,
    isPadded: !booleanKeyword(kwargs, "raw", false),
    isStrict: booleanKeyword(kwargs, "strict", false),
  };
}

function encode(bytes: Uint8Array, { alphabet, isPadded }: Variant, context: CallContext): string {
  context.allocate(bytes.length * 2);
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(4, bytes.length - i + 1);
    for (let digit = 0; digit < digits; digit++) text += alphabet.charAt((group >> (18 - 6 * digit)) & 63);
    if (isPadded) text += "=".repeat(4 - digits);
  }
  return text;
}

/** Line breaks are skipped. The position in a message is the one that Go's decoder gives. */
function decode(source: Uint8Array, { alphabet, isPadded, isStrict }: Variant): Uint8Array {
  const values = valuesOf(alphabet);
  const bytes = new Uint8Array(Math.ceil(source.length / 4) * 3);
  let length = 0;
  let at = 0;
  const isBreak = (byte: number | undefined): boolean => byte === lineFeed || byte === carriageReturn;
  const skipBreaks = (): void => {
    while (isBreak(source[at])) at++;
  };
  while (at < source.length) {
    let group = 0;
    let digits = 0;
    let isLast = false;
    while (digits < 4 && !isLast) {
      const byte = source[at];
      if (byte === undefined) {
        if (digits === 0) return bytes.subarray(0, length);
        if (digits === 1 || isPadded) throw illegalData(at - digits);
        isLast = true;
        continue;
      }
      at++;
      const value = values.get(byte);
      if (value !== undefined) {
        group = (group << 6) | value;
        digits++;
      } else if (isBreak(byte)) {
        continue;
      } else if (byte !== padding || !isPadded || digits < 2) {
        throw illegalData(at - 1);
      } else {
        skipBreaks();
        if (digits === 2) {
          if (at === source.length) throw illegalData(source.length);
          if (source[at] !== padding) throw illegalData(at - 1);
          at++;
        }
        skipBreaks();
        if (at < source.length) throw illegalData(at);
        isLast = true;
      }
    }
    const aligned = group << (6 * (4 - digits));
    const decoded = [aligned >> 16, aligned >> 8, aligned].map((part) => part & 255);
    if (isStrict && decoded.slice(digits - 1).some((left) => left !== 0)) throw illegalData(at - (4 - digits));
    for (const byte of decoded.slice(0, digits - 1)) bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function valuesOf(alphabet: string): ReadonlyMap<number, number> {
  return new Map(
    toBytes(alphabet)
      .entries()
      .map(([value, code]) => [code, value]),
  );
}

function illegalData(at: number): StarlarkFailure {
  return new StarlarkFailure(`illegal base64 data at input byte ${at}`);
}
