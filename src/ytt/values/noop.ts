import { HostValue } from "../../starlark/index.ts";

class Noop extends HostValue {
  readonly typeName = "noop";
  display(): string {
    return "noop";
  }
  override isTruthy(): boolean {
    return false;
  }
}

/** The answer of `template.replace`: the item is in its place already, so that setting it to this changes nothing. */
export const noop: HostValue = new Noop();
