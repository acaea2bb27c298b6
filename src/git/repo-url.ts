import { GitError } from "./git-error.ts";
import { escapeText } from "./text.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /**
   * Send them with the first request and trust the answer. Otherwise an open repository is also read when the server refuses them, as git does,
   * which sends none until it is asked. Default false.
   */
  readonly force?: boolean;
}

/** A repository by the address its users write. */
export interface Repository {
  /** `https://…` or `http://…`; a user and password inside are used for that origin alone. */
  readonly url: string;
  readonly credentials?: Credentials;
}

/** A checked repository address. */
export interface RepoUrl {
  /** Without credentials and without a slash at the end; what texts show and caches are named after. */
  readonly href: string;
  /** Scheme, host and port: what credentials are bound to. */
  readonly origin: string;
  readonly credentials?: Credentials;
}

/**
 * Checks a repository's URL by grammar, before anything is sent.
 * @throws GitError `GIT_URL` naming the part at fault, `GIT_UNSUPPORTED` for SSH.
 */
export function parseRepoUrl(repository: Repository): RepoUrl {
  const text = repository.url;
  if (text === "") throw badUrl("url", "the URL is empty");
  const odd = /[\0-\x20\x7f]/.exec(text);
  if (odd !== null) throw badUrl("url", `the URL has a control character or blank at position ${odd.index}`);
  const encoded = /%0[0ad]/i.exec(text);
  if (encoded !== null) throw badUrl("url", `the URL has an encoded line end or NUL at position ${encoded.index}`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === "ssh" || scheme === "git+ssh" || scheme === "ssh+git" || isScpLike(text)) throw sshUnsupported(text);
  if (scheme === undefined) throw badUrl("scheme", `"${shown(text)}" is no URL with https:// or http://`);
  if ((scheme !== "https" && scheme !== "http") || !text.slice(scheme.length).startsWith("://")) {
    throw badUrl("scheme", `the scheme ${escapeText(scheme, 40)}: is not allowed, only https: and http: are`);
  }
  return parseHttpUrl(text, repository.credentials);
}

/** The URL as texts may show it: credentials masked, odd characters escaped. */
export function maskUrl(url: string): string {
  return shown(url);
}

function parseHttpUrl(text: string, given: Credentials | undefined): RepoUrl {
  // "https:///x" and "https://@/x" would be read as host x.
  const authority = /^https?:\/\/([^/?#\\]*)/i.exec(text)?.[1] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (host === "" || host.startsWith(":")) throw badUrl("host", `"${shown(text)}" has no host`);
  if (text.includes("\\")) throw badUrl("path", `"${shown(text)}" has a backslash`);
  if (!URL.canParse(text)) throw badUrl("host", `"${shown(text)}" is no valid URL`);
  const url = new URL(text);
  if (url.hostname.startsWith("-")) throw badUrl("host", `the host of "${shown(text)}" begins with a dash`);
  if (url.port === "0") throw badUrl("port", `"${shown(text)}" has port 0`);
  if (url.search !== "" || text.includes("?"))
    throw badUrl("query", `"${shown(text)}" has a query, which git repositories have not`);
  if (url.hash !== "" || text.includes("#"))
    throw badUrl("fragment", `"${shown(text)}" has a fragment, which git repositories have not`);
  const credentials = given ?? credentialsIn(url);
  return {
    href: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    origin: url.origin,
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function credentialsIn(url: URL): Credentials | undefined {
  if (url.username === "" && url.password === "") return undefined;
  try {
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password), force: true };
  } catch {
    throw badUrl("user", "the user or password inside the URL is badly percent-encoded");
  }
}

/** `user@host:path` and `host:path`, as scp writes it: a colon before the first slash and no `//` after it. */
function isScpLike(text: string): boolean {
  return /^[^/:]+@[^/:]+:(?!\/\/)/.test(text) || /^[A-Za-z0-9-]+\.[A-Za-z0-9.-]+:(?!\/\/|\d+(\/|$))/.test(text);
}

function sshUnsupported(text: string): GitError {
  return new GitError(`git over SSH is not supported by lateen yet, use an https:// URL instead of "${shown(text)}"`, {
    code: "GIT_UNSUPPORTED",
    what: "ssh",
  });
}

function badUrl(part: string, message: string): GitError {
  return new GitError(`bad repository URL: ${message}`, { code: "GIT_URL", part });
}

function shown(text: string): string {
  return escapeText(text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?#]*@/, "$1***@"), 300);
}
