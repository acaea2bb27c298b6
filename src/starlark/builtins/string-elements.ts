import { quoteText } from "../values/quote.ts";
import { codePoint, fromBinary, toBinary } from "../values/text.ts";
import { HostValue, type Value } from "../values/value.ts";

/** What `"…".elems()` and its like give: a string to loop over. */
export class StringElements extends HostValue {
  readonly typeName: string;
  readonly #text: string;
  readonly #method: "elems" | "elem_ords" | "codepoints" | "codepoint_ords";

  constructor(text: string, method: "elems" | "elem_ords" | "codepoints" | "codepoint_ords") {
    super();
    this.typeName = method.startsWith("c") ? "codepoints" : "elems";
    this.#text = text;
    this.#method = method;
  }

  display(): string {
    return `${quoteText(this.#text)}.${this.#method}()`;
  }

  override equals(other: HostValue): boolean {
    return other instanceof StringElements && other.#text === this.#text && other.#method === this.#method;
  }

  override *iterate(): Iterable<Value> {
    switch (this.#method) {
      case "codepoints":
        yield* this.#text;
        break;
      case "codepoint_ords":
        for (const char of this.#text) yield codePoint(char);
        break;
      case "elems":
        for (const char of toBinary(this.#text)) yield fromBinary(char);
        break;
      case "elem_ords":
        for (const char of toBinary(this.#text)) yield char.charCodeAt(0);
        break;
    }
  }
}
