/** Writes protobuf by hand, for bodies that no client sends. */

export const varint = (value: bigint | number): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
};

/** A number (wire type 0). */
export const number = (field: number, value: bigint | number): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)]);

/** A text, bytes or a message (wire type 2). */
export const part = (field: number, ...content: readonly (string | Uint8Array)[]): Buffer => {
  const bytes = Buffer.concat(content.map((one) => Buffer.from(one)));
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
};

export const body = (apiVersion: string, kind: string, ...message: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from("k8s\0"), part(1, part(1, apiVersion), part(2, kind)), part(2, ...message)]);

/** The field `metadata` of an object, with a name. */
export const named = (name: string, ...more: readonly Uint8Array[]): Buffer => part(1, part(1, name), ...more);

/** A ConfigMap named cm; `data` is its field 2. */
export const configMap = (...message: readonly Uint8Array[]): Buffer =>
  body("v1", "ConfigMap", named("cm"), ...message);

/** An entry of a map. */
export const entry = (field: number, key: string, value: string): Buffer => part(field, part(1, key), part(2, value));
