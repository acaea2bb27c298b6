/**
 * A protocol v2 request: `command=NAME`, capabilities, delimiter, arguments, flush; each line a packet (git's gitprotocol-v2).
 */
import { delimiterPacket, encodePacket, flushPacket } from "./pkt-line.ts";

const agent = "lateen";

/** The body of one command. `args` are lines without their line feed. */
export function encodeCommand(command: "ls-refs" | "fetch", args: readonly string[]): Uint8Array {
  const parts = [
    encodePacket(`command=${command}\n`),
    encodePacket(`agent=${agent}\n`),
    encodePacket("object-format=sha1\n"),
    delimiterPacket,
    ...args.map((line) => encodePacket(`${line}\n`)),
    flushPacket,
  ];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
