/**
 * ls-refs: arguments `peel`, `symrefs`, `ref-prefix X`…; the answer has one line per ref: `OID NAME[ symref-target:NAME][ peeled:OID]`, then flush.
 */
import { GitError, limitError } from "../git-error.ts";
import type { GitLimits } from "../limits.ts";
import { decodeStrict, escapeBytes, escapeText } from "../text.ts";
import { remoteError, textOf } from "./capabilities.ts";
import { type Packet } from "./pkt-line.ts";
import { encodeCommand } from "./request.ts";

/** One ref of a server. */
export interface Ref {
  /** Full name: `HEAD`, `refs/heads/main`. */
  readonly name: string;
  /** What it points at: for an annotated tag the tag object. */
  readonly oid: string;
  /** For an annotated tag: what it points at in the end, through tags of tags. */
  readonly peeled?: string;
  /** For a symbolic ref such as HEAD: the ref that it stands for. */
  readonly symrefTarget?: string;
}

/** Without prefixes all refs are asked for. */
export function encodeLsRefs(prefixes: readonly string[]): Uint8Array {
  return encodeCommand("ls-refs", ["peel", "symrefs", ...prefixes.map((prefix) => `ref-prefix ${prefix}`)]);
}

/**
 * Refs that begin with one of `prefixes` (all when it is empty), in the server's order: a server may send more than it was asked for.
 * @throws GitError `GIT_LIMIT` (`maxRefs`, `maxRefNameBytes`), `GIT_PROTOCOL`, `GIT_REMOTE`.
 */
export async function readRefs(
  packets: AsyncIterable<Packet>,
  prefixes: readonly string[],
  limits: GitLimits,
): Promise<Ref[]> {
  const refs: Ref[] = [];
  const names = new Set<string>();
  let ended = false;
  let seen = 0;
  for await (const packet of packets) {
    if (ended) throw new GitError(`data after the list of refs at byte ${packet.offset}`, { code: "GIT_PROTOCOL" });
    if (packet.kind === "flush") {
      ended = true;
      continue;
    }
    if (packet.kind !== "data") {
      throw new GitError(`${packet.kind} packet in the list of refs at byte ${packet.offset}`, {
        code: "GIT_PROTOCOL",
      });
    }
    if (++seen > limits.maxRefs) throw limitError("maxRefs", limits.maxRefs, "the server lists too many refs");
    const ref = parseRef(packet.payload, packet.offset, limits);
    if (ref === undefined || (prefixes.length > 0 && !prefixes.some((prefix) => ref.name.startsWith(prefix)))) continue;
    if (names.has(ref.name)) {
      throw new GitError(`ref "${escapeText(ref.name)}" is listed twice`, { code: "GIT_PROTOCOL" });
    }
    names.add(ref.name);
    refs.push(ref);
  }
  if (!ended) {
    throw new GitError(
      "the list of refs ends without a flush",
      { code: "GIT_UNREACHABLE", reason: "truncated" },
      { retryable: true },
    );
  }
  return refs;
}

const linePattern = /^([0-9a-f]{40}) ([^ ]+)((?: [a-z-]+:[^ ]+)*)$/;

/** `undefined` for refs without an object yet (`unborn HEAD …`). */
function parseRef(payload: Uint8Array, offset: number, limits: GitLimits): Ref | undefined {
  if (payload.length > 2 * limits.maxRefNameBytes + 256) {
    throw limitError("maxRefNameBytes", limits.maxRefNameBytes, `a ref at byte ${offset} has too long a name`);
  }
  if (decodeStrict(payload) === undefined) {
    throw new GitError(`a ref name at byte ${offset} is not UTF-8: ${escapeBytes(payload, 120)}`, {
      code: "GIT_PROTOCOL",
    });
  }
  const line = textOf(payload);
  if (line.startsWith("ERR ")) throw remoteError(line.slice(4));
  if (line.startsWith("unborn ")) return undefined;
  const match = linePattern.exec(line);
  const [, oid, name, attributes] = match ?? [];
  if (oid === undefined || name === undefined) {
    throw new GitError(`bad line in the list of refs at byte ${offset}: "${escapeText(line, 120)}"`, {
      code: "GIT_PROTOCOL",
    });
  }
  if (Buffer.byteLength(name) > limits.maxRefNameBytes) {
    throw limitError("maxRefNameBytes", limits.maxRefNameBytes, `ref "${escapeText(name, 80)}" has too long a name`);
  }
  const peeled = / peeled:([0-9a-f]{40})(?: |$)/.exec(attributes ?? "")?.[1];
  const symrefTarget = / symref-target:([^ ]+)/.exec(attributes ?? "")?.[1];
  return {
    name,
    oid,
    ...(peeled === undefined ? {} : { peeled }),
    ...(symrefTarget === undefined ? {} : { symrefTarget }),
  };
}
