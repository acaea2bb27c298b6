import type { Credentials } from "../git/index.ts";

/** Keys of a git Secret that vendir knows (app.md §4.2). */
const knownKeys: ReadonlySet<string> = new Set(["ssh-privatekey", "ssh-knownhosts", "username", "password"]);

/** A git Secret that cannot be used; the message is vendir's and names keys, never values. */
export class CredentialsError extends Error {}

/**
 * The credentials of a git entry's Secret. Both username and password are needed, and then an https URL.
 * @throws CredentialsError
 */
export function gitCredentials(
  secretName: string,
  data: ReadonlyMap<string, Uint8Array>,
  url: string,
  options: { readonly force: boolean },
): Credentials | undefined {
  for (const key of [...data.keys()].sort()) {
    if (!knownKeys.has(key)) throw new CredentialsError(`Unknown secret field '${key}' in secret '${secretName}'`);
  }
  const [username, password] = [data.get("username"), data.get("password")];
  if (username === undefined || password === undefined) return undefined;
  if (!/^https:\/\//i.test(url)) {
    throw new CredentialsError("Username/password authentication is only supported for https remotes");
  }
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
  return { username: text(username), password: text(password), force: options.force };
}

/** Where a source's Secret is kept: the part of the secrets manager that is needed here. */
export interface SecretReader {
  get(
    namespace: string,
    name: string,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly data: ReadonlyMap<string, Uint8Array> } | undefined>;
}

/**
 * What a repository of an App is read with, to be spread into a `Repository`. Empty without a Secret.
 * @throws CredentialsError also when the Secret does not exist.
 */
export async function credentialsOf(
  source: { readonly url: string; readonly namespace: string; readonly secretName?: string },
  secrets: SecretReader,
  signal: AbortSignal,
): Promise<{ readonly credentials?: Credentials }> {
  if (source.secretName === undefined) return {};
  const secret = await secrets.get(source.namespace, source.secretName, { signal });
  if (secret === undefined) throw new CredentialsError(`secrets "${source.secretName}" not found`);
  const credentials = gitCredentials(source.secretName, secret.data, source.url, { force: false });
  return credentials === undefined ? {} : { credentials };
}
