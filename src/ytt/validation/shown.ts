import { LimitExceeded, repr, type Value } from "../../starlark/index.ts";

const maxMessageBytes = 16 * 1024 * 1024;

/** A value in a message. A few lists that hold one another would make a text without end. */
export function shown(value: Value): string {
  let left = maxMessageBytes;
  return repr(value, {
    allocate(bytes) {
      left -= bytes;
      if (left < 0) throw new LimitExceeded("message length", "value is too long to be shown in a message");
    },
  });
}
