/**
 * fetch: arguments are `want OID`, `have OID`, `deepen N`, `filter SPEC`, `done`… The answer is made of sections with a header line each, between them delimiters, flush at the end.
 * With `done` in the request there are no acknowledgements. `packfile` holds the pack on side band 1 (2 = progress, 3 = fatal error).
 */
import { GitError, limitError } from "../git-error.ts";
import type { GitLimits } from "../limits.ts";
import { decodeLoose, escapeText } from "../text.ts";
import { remoteError, textOf } from "./capabilities.ts";
import { type Packet } from "./pkt-line.ts";
import { encodeCommand } from "./request.ts";

export interface FetchRequest {
  readonly wants: readonly string[];
  /** Commits whose objects need not be sent; they are told to the server as shallow, for nothing before them is held. */
  readonly haves?: readonly string[];
  /** History length; absent = all. */
  readonly depth?: number;
  /** `tree:0`, `blob:none`, `blob:limit=N`… */
  readonly filter?: string;
}

/** No thin pack and no progress is asked for; nor packfile-uris, bundle-uri or wanted-refs. */
export function encodeFetch(request: FetchRequest): Uint8Array {
  const haves = request.haves ?? [];
  return encodeCommand("fetch", [
    "ofs-delta",
    "no-progress",
    ...haves.map((oid) => `shallow ${oid}`),
    ...(request.depth === undefined ? [] : [`deepen ${request.depth}`]),
    ...(request.filter === undefined ? [] : [`filter ${request.filter}`]),
    ...request.wants.map((oid) => `want ${oid}`),
    ...haves.map((oid) => `have ${oid}`),
    "done",
  ]);
}

/**
 * The pack of a fetch answer, in one piece.
 * @throws GitError `GIT_PROTOCOL` naming the byte offset, `GIT_REMOTE`, `GIT_NOT_OUR_REF`, `GIT_LIMIT` (`maxPackBytes`), `GIT_UNREACHABLE` when cut short.
 */
export async function readFetchResponse(packets: AsyncIterable<Packet>, limits: GitLimits): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let received = 0;
  let section: "none" | "shallow-info" | "packfile" | "ended" = "none";
  for await (const packet of packets) {
    if (section === "ended") throw broken("data after the end", packet.offset);
    if (packet.kind !== "data") {
      if (packet.kind === "delimiter" && section === "shallow-info") section = "none";
      else if (packet.kind === "flush" && section === "packfile") section = "ended";
      else throw broken(`unexpected ${packet.kind} packet`, packet.offset);
      continue;
    }
    if (section === "packfile") {
      // Progress counts too: a server may send a gigabyte of it.
      received += packet.payload.length;
      if (received > limits.maxPackBytes)
        throw limitError("maxPackBytes", limits.maxPackBytes, "the pack is too large");
      const part = readBand(packet.payload, packet.offset);
      if (part === undefined) continue;
      size += part.length;
      parts.push(part);
      continue;
    }
    const line = textOf(packet.payload);
    if (line.startsWith("ERR ")) throw remoteError(line.slice(4));
    if (section === "shallow-info") {
      if (!/^(un)?shallow [0-9a-f]{40}$/.test(line)) throw broken(`line "${escapeText(line, 80)}"`, packet.offset);
    } else if (line === "shallow-info" || line === "packfile") section = line;
    else throw broken(`unexpected section "${escapeText(line, 80)}"`, packet.offset);
  }
  if (section !== "ended") {
    throw new GitError(
      "the answer ends before the pack is complete",
      { code: "GIT_UNREACHABLE", reason: "truncated" },
      { retryable: true },
    );
  }
  return joinParts(parts, size);
}

/** The bytes of band 1; `undefined` for progress. */
function readBand(payload: Uint8Array, offset: number): Uint8Array | undefined {
  const body = payload.subarray(1);
  switch (payload[0]) {
    case 1:
      return body;
    case 2:
      return undefined;
    case 3:
      throw remoteError(decodeLoose(body));
    default:
      throw broken(`unknown side band ${payload[0] ?? "(empty packet)"}`, offset);
  }
}

function joinParts(parts: readonly Uint8Array[], size: number): Uint8Array {
  const pack = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    pack.set(part, at);
    at += part.length;
  }
  return pack;
}

function broken(what: string, offset: number): GitError {
  return new GitError(`broken answer to fetch: ${what} at byte ${offset}`, { code: "GIT_PROTOCOL" });
}
