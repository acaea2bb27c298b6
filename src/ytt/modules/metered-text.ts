import type { CallContext } from "../../starlark/index.ts";

const readsPerReport = 4_096;

/**
 * A text that counts as work how often its characters are read. A regular expression looks at each character once per search, but a
 * replacement that finds short matches after looking far ahead searches as often as the text is long: in all that is quadratic, and nothing
 * but the text itself sees it.
 */
export class MeteredText extends String {
  readonly #text: string;
  readonly #context: CallContext;
  readonly #stepsPerRead: number;
  #reads = 0;

  constructor(text: string, context: CallContext, stepsPerRead: number) {
    super(text);
    this.#text = text;
    this.#context = context;
    this.#stepsPerRead = stepsPerRead;
  }

  override charCodeAt(index: number): number {
    if (++this.#reads >= readsPerReport) this.#report();
    return this.#text.charCodeAt(index);
  }

  /** Native and fast: sixteen characters are one read. */
  override indexOf(wanted: string, from = 0): number {
    const found = this.#text.indexOf(wanted, from);
    this.#reads += 1 + (((found < 0 ? this.length : found) - from) >>> 4);
    if (this.#reads >= readsPerReport) this.#report();
    return found;
  }

  #report(): void {
    this.#context.step(Math.ceil(this.#reads * this.#stepsPerRead));
    this.#reads = 0;
  }
}
