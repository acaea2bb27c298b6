/** A set of small integers. Order graphs of thousands of changes are dense: sets of bits keep them small and quick to join. */
export class BitSet {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  copy(): BitSet {
    const copy = new BitSet(this.#words.length << 5);
    copy.#words.set(this.#words);
    return copy;
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

  and(other: BitSet): BitSet {
    const both = this.copy();
    both.#words.forEach((word, i) => {
      both.#words[i] = word & (other.#words[i] ?? 0);
    });
    return both;
  }

  /** In ascending order. */
  members(): number[] {
    const members: number[] = [];
    this.#words.forEach((word, i) => {
      for (let left = word; left !== 0; left &= left - 1) members.push(32 * i + 31 - Math.clz32(left & -left));
    });
    return members;
  }

  /** Whether every member of `other` is one of this set too. */
  covers(other: BitSet): boolean {
    const words = this.#words;
    const wanted = other.#words;
    for (let i = 0; i < wanted.length; i++) if (((wanted[i] ?? 0) & ~(words[i] ?? 0)) !== 0) return false;
    return true;
  }
}
