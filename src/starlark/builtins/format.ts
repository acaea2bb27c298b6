import { repr, str } from "../values/display.ts";
import { quoteText } from "../values/quote.ts";
import { joined } from "../values/text.ts";
import { type CallContext, type KeywordArgument, StarlarkFailure, type Value } from "../values/value.ts";

/** `"…".format(…)`. */
export function format(
  template: string,
  args: readonly Value[],
  kwargs: readonly KeywordArgument[],
  context: CallContext,
): Value {
  context.step(1 + (template.length >> 8));
  const fields = new Fields(args, kwargs);
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const open = template.indexOf("{", at);
    parts.push(plainText(open < 0 ? template.slice(at) : template.slice(at, open)));
    if (open < 0) break;
    if (template.startsWith("{{", open)) {
      parts.push("{");
      at = open + 2;
      continue;
    }
    const close = template.indexOf("}", open);
    if (close < 0) throw new StarlarkFailure("format: unmatched '{' in format");
    const shown = showField(template.slice(open + 1, close), fields, context);
    context.allocate(shown.length + 16);
    parts.push(shown);
    at = close + 1;
  }
  context.allocate(template.length);
  return joined(parts.join(""));
}

/** Outside of fields a closing brace stands twice. */
function plainText(text: string): string {
  if (!text.includes("}")) return text;
  if (/(?<!\})(?:\}\})*\}(?!\})/.test(text)) throw new StarlarkFailure("format: single '}' in format");
  return text.replaceAll("}}", "}");
}

function showField(field: string, fields: Fields, context: CallContext): string {
  const bang = field.indexOf("!");
  const name = bang < 0 ? beforeColon(field) : field.slice(0, bang);
  const conversion = bang < 0 ? "s" : beforeColon(field.slice(bang + 1));
  const spec = field.slice(bang < 0 ? name.length + 1 : bang + conversion.length + 2);
  const value = fields.find(name);
  if (spec !== "") throw new StarlarkFailure(`format spec features not supported in replacement fields: ${spec}`);
  switch (conversion) {
    case "s":
      return str(value, context);
    case "r":
      return repr(value, context);
    default:
      throw new StarlarkFailure(`format: unknown conversion ${quoteText(conversion)}`);
  }
}

function beforeColon(text: string): string {
  const colon = text.indexOf(":");
  return colon < 0 ? text : text.slice(0, colon);
}

/** Finds the arguments that fields mean: by their own order, by number or by name. */
class Fields {
  readonly #args: readonly Value[];
  readonly #kwargs: readonly KeywordArgument[];
  #next = 0;
  #numbering: "none" | "automatic" | "manual" = "none";

  constructor(args: readonly Value[], kwargs: readonly KeywordArgument[]) {
    this.#args = args;
    this.#kwargs = kwargs;
  }

  find(name: string): Value {
    if (name === "") return this.#byOrder();
    return /^[0-9]{1,18}$/.test(name) ? this.#byNumber(Number(name)) : this.#byName(name);
  }

  #byOrder(): Value {
    if (this.#numbering === "manual")
      throw new StarlarkFailure("format: cannot switch from manual field specification to automatic field numbering");
    this.#numbering = "automatic";
    return this.#at(this.#next++);
  }

  #byNumber(index: number): Value {
    if (this.#numbering === "automatic")
      throw new StarlarkFailure("format: cannot switch from automatic field numbering to manual field specification");
    this.#numbering = "manual";
    return this.#at(index);
  }

  #at(index: number): Value {
    const value = this.#args[index];
    if (value === undefined) throw new StarlarkFailure("format: tuple index out of range");
    return value;
  }

  #byName(name: string): Value {
    const found = this.#kwargs.find(([key]) => key === name);
    if (found !== undefined) return found[1];
    if (name.includes("."))
      throw new StarlarkFailure(`format: attribute syntax x.y is not supported in replacement fields: ${name}`);
    if (name.includes("["))
      throw new StarlarkFailure(`format: element syntax a[i] is not supported in replacement fields: ${name}`);
    if (name.includes("{")) throw new StarlarkFailure("format: nested replacement fields not supported");
    throw new StarlarkFailure(`format: keyword ${name} not found`);
  }
}
