/**
 * SHA-1 that notices collision attacks (M. Stevens, "Counter-cryptanalysis", 2013). The known attacks change the words of a block by one of a few patterns,
 * the disturbance vectors, such that both blocks of a pair share their state at some step. So for each vector the other block's path is followed from that
 * state: if it leads to the same hash, this block is one half of a collision.
 */

export interface Sha1Result {
  /** 40 hex digits. */
  readonly id: string;
  /** Whether a block is one half of a collision attack: the id then says nothing about the content. */
  readonly isCollision: boolean;
}

/** The hash of these bytes. */
export function sha1(bytes: Uint8Array): Sha1Result {
  const padded = pad(bytes);
  const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const words = new Int32Array(stepCount);
  const states = new Int32Array(origin + stepCount + 1);
  let isCollision = false;
  for (let offset = 0; offset < padded.byteLength; offset += blockBytes) {
    expand(padded, offset, words);
    compress(hash, words, states);
    isCollision ||= vectors.some((vector) => leadsToSameHash(vector, hash, words, states));
    for (let index = 0; index < 5; index++) hash[index] = word(hash, index) + outcome(states, index);
  }
  const id = Array.from(hash, (value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
  return { id, isCollision };
}

const blockBytes = 64;
const stepCount = 80;
/** `states[origin + t]` is register A before step t; the other four registers are older As, rotated. */
const origin = 4;

/** Typed arrays give `undefined` only outside their bounds, where these loops never are. */
function word(list: Int32Array, index: number): number {
  return list[index] ?? 0;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function pad(bytes: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / blockBytes) * blockBytes);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return view;
}

function expand(block: DataView, offset: number, words: Int32Array): void {
  for (let t = 0; t < 16; t++) words[t] = block.getInt32(offset + 4 * t);
  for (let t = 16; t < stepCount; t++) {
    words[t] = rotate(word(words, t - 3) ^ word(words, t - 8) ^ word(words, t - 14) ^ word(words, t - 16), 1);
  }
}

/** The round's function of three registers, with its constant. */
function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  return t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
}

function compress(hash: Int32Array, words: Int32Array, states: Int32Array): void {
  let [a, b, c, d, e] = [word(hash, 0), word(hash, 1), word(hash, 2), word(hash, 3), word(hash, 4)];
  states[0] = rotate(e, 2);
  states[1] = rotate(d, 2);
  states[2] = rotate(c, 2);
  states[3] = b;
  states[4] = a;
  for (let t = 0; t < stepCount; t++) {
    const next = (rotate(a, 5) + mix(t, b, c, d) + e + word(words, t)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
    states[origin + t + 1] = a;
  }
}

/** Register `index` after the last step. */
function outcome(states: Int32Array, index: number): number {
  const value = word(states, origin + stepCount - index);
  return index < 2 ? value : rotate(value, 30);
}

interface DisturbanceVector {
  /** Both blocks of a pair have the same state before this step. */
  readonly sharedStep: number;
  /** What the words of one block differ by from those of the other. */
  readonly wordDifferences: Int32Array;
}

/** Bits by which A may differ in a step of an attack's path: the vectors have at most two there, the rest is room for carries. */
const maxPathBits = 8;
/** Before this step attacks leave the vector's path. */
const firstPathStep = 36;

function leadsToSameHash(vector: DisturbanceVector, hash: Int32Array, words: Int32Array, states: Int32Array): boolean {
  const { sharedStep, wordDifferences } = vector;
  const start = origin + sharedStep;
  let a = word(states, start);
  let b = word(states, start - 1);
  let c = rotate(word(states, start - 2), 30);
  let d = rotate(word(states, start - 3), 30);
  let e = rotate(word(states, start - 4), 30);
  for (let t = sharedStep - 1; t >= 0; t--) {
    const [after, olderB] = [a, rotate(c, 2)];
    a = b;
    b = olderB;
    c = d;
    d = e;
    e = (after - rotate(a, 5) - mix(t, b, c, d) - (word(words, t) ^ word(wordDifferences, t))) | 0;
    // A block of no attack is off the path after a few steps: this is what makes the check cheap.
    if (t >= firstPathStep && bitCount(rotate(e, 2) ^ word(states, origin + t - 4)) > maxPathBits) return false;
  }
  const before = [a, b, c, d, e];
  const after = replay(vector, words, states);
  return before.every(
    (value, index) => ((value + (after[index] ?? 0)) | 0) === ((word(hash, index) + outcome(states, index)) | 0),
  );
}

/** The registers of the other block after the last step. */
function replay({ sharedStep, wordDifferences }: DisturbanceVector, words: Int32Array, states: Int32Array): number[] {
  const start = origin + sharedStep;
  let a = word(states, start);
  let b = word(states, start - 1);
  let c = rotate(word(states, start - 2), 30);
  let d = rotate(word(states, start - 3), 30);
  let e = rotate(word(states, start - 4), 30);
  for (let t = sharedStep; t < stepCount; t++) {
    const next = (rotate(a, 5) + mix(t, b, c, d) + e + (word(words, t) ^ word(wordDifferences, t))) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  return [a, b, c, d, e];
}

function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * The vector I(K, b) has one disturbance in the sixteen steps from K on, bit b at K+15; II(K, b) has three, bit b-1 at K+1 and K+3 and bit b at K+15.
 * The message expansion gives the other steps; each disturbance is corrected by the five steps after it.
 */
function disturbanceVector(type: 1 | 2, K: number, b: number): DisturbanceVector {
  const before = 5;
  const disturbances = new Int32Array(before + stepCount);
  const at = (t: number): number => word(disturbances, before + t);
  const set = (t: number, value: number): void => {
    if (t < stepCount) disturbances[before + t] = value;
  };
  const given = new Int32Array(16);
  given[15] = 1 << b;
  if (type === 2) given[1] = given[3] = 1 << ((b + 31) % 32);
  // Sixteen steps in a row define all others, forwards and backwards; those past the end only help to go back.
  const window = new Map(Array.from(given, (value, index) => [K + index, value]));
  const known = (t: number): number => window.get(t) ?? 0;
  for (let t = K + 16; t < stepCount; t++)
    window.set(t, rotate(known(t - 3) ^ known(t - 8) ^ known(t - 14) ^ known(t - 16), 1));
  for (let t = K - 1; t >= -before; t--)
    window.set(t, rotate(known(t + 16), 31) ^ known(t + 13) ^ known(t + 8) ^ known(t + 2));
  for (const [t, value] of window) set(t, value);
  const wordDifferences = Int32Array.from(
    { length: stepCount },
    (_, t) =>
      at(t) ^ rotate(at(t - 1), 5) ^ at(t - 2) ^ rotate(at(t - 3), 30) ^ rotate(at(t - 4), 30) ^ rotate(at(t - 5), 30),
  );
  return { sharedStep: type === 1 ? K + 5 : K + 9, wordDifferences };
}

/** The vectors that attacks can use at a cost below that of brute force. */
const vectors: readonly DisturbanceVector[] = [
  ...[43, 44, 45, 46, 47, 48, 49, 50, 51, 52].map((K) => disturbanceVector(1, K, 0)),
  ...[46, 47, 48, 49, 50, 51].map((K) => disturbanceVector(1, K, 2)),
  ...[45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56].map((K) => disturbanceVector(2, K, 0)),
  ...[46, 49, 50, 51].map((K) => disturbanceVector(2, K, 2)),
];
