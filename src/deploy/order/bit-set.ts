/** A set of small integers. Order graphs of thousands of changes are dense: sets of bits keep them small and quick to join. */
export class BitSet {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  has(index: number): boolean {
    return ((this.#words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  add(index: number): void {
    const word = index >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (index & 31));
  }

  addAll(other: BitSet): void {
    const words = this.#words;
    const more = other.#words;
    for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) | (more[i] ?? 0);
  }

  /** Whether every member of `other` is one of this set too. */
  covers(other: BitSet): boolean {
    return other.#words.every((word, i) => (word & ~(this.#words[i] ?? 0)) === 0);
  }
}
