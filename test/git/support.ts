import assert from "node:assert/strict";
import { systemClock } from "../../src/base/index.ts";
import {
  createGitClient,
  createGitTransport,
  type GitClient,
  GitError,
  type GitFailureCode,
  type GitLimits,
  localAddressPolicy,
  type ObjectCache,
} from "../../src/git/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";

/** For tests that need a real git server: a reason to skip them, or `false`. */
export const withoutGit: string | false = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";

export interface TestClient extends AsyncDisposable {
  readonly git: GitClient;
}

/** A client that may connect to this machine and does not wait between tries. */
export function testClient(
  options: {
    readonly limits?: Partial<GitLimits>;
    readonly objects?: ObjectCache;
    readonly caCerts?: readonly string[];
  } = {},
): TestClient {
  const { caCerts, ...rest } = options;
  const transport = createGitTransport({
    allowAddress: localAddressPolicy,
    ...(caCerts === undefined ? {} : { caCerts }),
  });
  const git = createGitClient({ fetch: transport.fetch, clock: systemClock, random: () => 0, ...rest });
  return { git, [Symbol.asyncDispose]: () => transport.close() };
}

/** Options of one call, bounded so that a hanging test fails by itself. */
export function call(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(20_000) };
}

export function texts(files: ReadonlyMap<string, { readonly bytes: Uint8Array }>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, file]) => [path, Buffer.from(file.bytes).toString()]));
}

/** The GitError of a call that must fail with this code. */
export async function gitError(promise: Promise<unknown>, code: GitFailureCode): Promise<GitError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GitError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.failure.code, code, error.message);
  return error;
}
