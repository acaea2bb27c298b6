import type { AppStatus, StageStatus } from "./status.ts";

/** Bounds of a status (reliability.md L27), in bytes of UTF-8. */
const maxOutputBytes = 16 * 1024;
const maxMessageBytes = 8 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Keeps the status small enough to be stored: the head and the tail of long texts stay. Four blocks of two outputs and three messages stay below 200 KiB. */
export function clipStatus(status: AppStatus): AppStatus {
  const { condition, fetch, template, deploy, inspect } = status;
  return {
    ...status,
    ...(condition === undefined
      ? {}
      : { condition: { ...condition, message: clipText(condition.message, maxMessageBytes) } }),
    friendlyDescription: clipText(status.friendlyDescription, maxMessageBytes),
    usefulErrorMessage: clipText(status.usefulErrorMessage, maxMessageBytes),
    ...(fetch === undefined ? {} : { fetch: clipStage(fetch) }),
    ...(template === undefined ? {} : { template: clipStage(template) }),
    ...(deploy === undefined ? {} : { deploy: clipStage(deploy) }),
    ...(inspect === undefined ? {} : { inspect: clipStage(inspect) }),
  };
}

/** Cuts the middle out of a text longer than `maxBytes` and says how much is missing; never splits a character. */
export function clipText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return text;
  const note = `\n… ${bytes.length - maxBytes} bytes left out …\n`;
  const room = Math.max(0, maxBytes - encoder.encode(note).length);
  const head = characterStart(bytes, Math.ceil(room / 2));
  const tail = characterStart(bytes, bytes.length - Math.floor(room / 2), 1);
  return decoder.decode(bytes.subarray(0, head)) + note + decoder.decode(bytes.subarray(tail));
}

function clipStage<Block extends StageStatus>(block: Block): Block {
  return {
    ...block,
    stdout: clipText(block.stdout, maxOutputBytes),
    stderr: clipText(block.stderr, maxOutputBytes),
    error: clipText(block.error, maxMessageBytes),
  };
}

/** The nearest index at which a character starts, stepping back (`-1`) or on (`1`). */
function characterStart(bytes: Uint8Array, index: number, step: 1 | -1 = -1): number {
  let at = index;
  while (at > 0 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += step;
  return at;
}
