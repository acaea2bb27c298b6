/**
 * The capability advertisement of protocol v2 over smart HTTP: optionally `# service=git-upload-pack` and a flush, then `version 2`, one capability a line, flush.
 */
import { GitError } from "../git-error.ts";
import { decodeLoose, escapeText } from "../text.ts";
import { type Packet } from "./pkt-line.ts";

/** Capability → value (`""` when it has none): `fetch` → `shallow filter wait-for-done`. */
export type Capabilities = ReadonlyMap<string, string>;

/** Capabilities kept at most; git itself sends about ten. */
const maxCapabilities = 200;

/**
 * @throws GitError `GIT_PROTOCOL` when this is no protocol v2 advertisement (dumb HTTP, versions 0 and 1, HTML).
 */
export async function readCapabilities(packets: AsyncIterable<Packet>): Promise<Capabilities> {
  const capabilities = new Map<string, string>();
  let state: "service" | "version" | "capabilities" | "done" = "service";
  for await (const packet of packets) {
    if (state === "done") throw notV2("bytes after the advertisement");
    if (packet.kind !== "data") {
      if (packet.kind === "flush" && state === "capabilities") state = "done";
      else if (packet.kind !== "flush" || state !== "service") throw notV2(`a ${packet.kind} packet`);
      continue;
    }
    const line = textOf(packet.payload);
    if (line.startsWith("ERR ")) throw remoteError(line.slice(4));
    if (state === "service" && line === "# service=git-upload-pack") continue;
    if (state !== "capabilities") {
      if (line !== "version 2") throw notV2(`the line "${escapeText(line, 80)}"`);
      state = "capabilities";
      continue;
    }
    if (capabilities.size >= maxCapabilities) throw notV2(`more than ${maxCapabilities} capabilities`);
    const equals = line.indexOf("=");
    capabilities.set(equals < 0 ? line : line.slice(0, equals), equals < 0 ? "" : line.slice(equals + 1));
  }
  if (state !== "done") throw notV2(state === "capabilities" ? "no flush at the end" : "an empty answer");
  return capabilities;
}

/** Whether `command` offers this feature, as in `fetch=shallow filter`. */
export function hasFeature(capabilities: Capabilities, command: string, feature: string): boolean {
  return (capabilities.get(command) ?? "").split(" ").includes(feature);
}

/** A packet's text without its line feed. */
export function textOf(payload: Uint8Array): string {
  return decodeLoose(payload.at(-1) === 0x0a ? payload.subarray(0, -1) : payload);
}

/** The server's own error text, escaped and clipped. */
export function remoteError(text: string): GitError {
  const quoted = escapeText(text.trimEnd());
  const missing = /not our ref ([0-9a-f]{40})/.exec(text);
  if (missing?.[1] !== undefined) {
    return new GitError(`remote error: ${quoted}`, { code: "GIT_NOT_OUR_REF", oid: missing[1] });
  }
  return new GitError(`remote error: ${quoted}`, { code: "GIT_REMOTE", text: quoted });
}

function notV2(found: string): GitError {
  return new GitError(`the server does not answer with git protocol v2: found ${found}`, { code: "GIT_PROTOCOL" });
}
