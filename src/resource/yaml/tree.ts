/**
 * A YAML value as it was written: maps keep the order and the type of their keys, doubles stay apart from integers. What `Json`
 * cannot say but a printer needs (`1e6` prints as `1e+06`, `"10"` may stand after `b`, a key `n` is `false`).
 */
export type YamlTree =
  | null
  | boolean
  | number
  | bigint
  | string
  | YamlDouble
  | readonly YamlTree[]
  | ReadonlyMap<YamlTree, YamlTree>;

/** What can be written as YAML: JSON, trees, and mixtures of them. */
export type YamlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | YamlDouble
  | YamlBinary
  | YamlPairs
  | readonly YamlValue[]
  | ReadonlyMap<YamlValue, YamlValue>
  | { readonly [key: string]: YamlValue | undefined };

/** A number that YAML holds as a double, also where its value is integral. A class so that no map can be taken for it. */
export class YamlDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Bytes that are no UTF-8 text; written as `!!binary`. */
export class YamlBinary {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A map as its pairs, for those who have them at hand; keys are not looked at for repeats. */
export class YamlPairs {
  readonly pairs: readonly (readonly [YamlValue, YamlValue])[];
  constructor(pairs: readonly (readonly [YamlValue, YamlValue])[]) {
    this.pairs = pairs;
  }
}

/** Shortest digits that read back the same, in exponent form from 1e+06 up and below 1e-04: Go's `%g`, as go-yaml prints doubles. */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
