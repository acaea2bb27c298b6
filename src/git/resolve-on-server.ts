import type { ClientContext } from "./client-context.ts";
import { GitError } from "./git-error.ts";
import { retryTransient } from "./operation.ts";
import { findRef, missingRef, prefixesFor, type ResolvedRef } from "./resolve-ref.ts";
import { type Exchange, runCommand } from "./smart-http.ts";
import { escapeText } from "./text.ts";
import { encodeLsRefs, readRefs, type Ref } from "./wire/ls-refs.ts";
import { readPackets } from "./wire/pkt-line.ts";

/** Refs that begin with one of `prefixes`; all without. */
export function listRefs(context: ClientContext, exchange: Exchange, prefixes: readonly string[]): Promise<Ref[]> {
  return retryTransient(context, exchange.signal, () =>
    context.sessions.use(exchange, ({ session }) => {
      if (!session.capabilities.has("ls-refs")) {
        throw new GitError(`${exchange.repo.href} has no ls-refs command`, { code: "GIT_PROTOCOL" });
      }
      return runCommand(context.http, exchange, session, encodeLsRefs(prefixes), (chunks) =>
        readRefs(readPackets(chunks), prefixes, context.limits),
      );
    }),
  );
}

/** Characters that no ref name may have (git check-ref-format); revision syntax such as `main~1` needs history and is refused with them. */
const badRefName = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|^-|^$/;

/** @throws GitError `GIT_REF` naming the ref and five near names. */
export async function resolveRef(
  context: ClientContext,
  exchange: Exchange,
  ref: string,
  tags: boolean,
): Promise<ResolvedRef> {
  if (badRefName.test(ref) || ref.length > context.limits.maxRefNameBytes) {
    throw new GitError(`"${escapeText(ref, 100)}" is no valid name of a ref`, { code: "GIT_REF", ref, near: [] });
  }
  const found = findRef(ref, await listRefs(context, exchange, prefixesFor(ref, { tags })));
  if (found !== undefined) return found;
  throw missingRef(ref, await listRefs(context, exchange, ["refs/heads/", "refs/tags/"]));
}
