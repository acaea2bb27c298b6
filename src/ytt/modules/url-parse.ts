import { StarlarkFailure, toBytes } from "../../starlark/index.ts";
import { AddressFault, parseAddress } from "./ip-address.ts";
import { quoteGo } from "./quote-go.ts";
import { escapeUrl, needsEscape, type UrlPart, unescapeUrl } from "./url-escape.ts";

/** A URL as Go's `net/url` takes it apart: RFC 3986 with the leniency that browsers have taught. */
export interface Url {
  readonly scheme: string;
  /** What follows the scheme when no slash does, as in `mailto:a@b`; then there is no host and no path. */
  readonly opaque: string;
  readonly user: UrlUser | undefined;
  /** With port. */
  readonly host: string;
  /** The host was left out of `scheme:/path`. */
  readonly omitsHost: boolean;
  readonly path: Escapable;
  /** As it was written; `undefined` without `?`. */
  readonly query: string | undefined;
  readonly fragment: Escapable;
}

export interface UrlUser {
  readonly name: string;
  readonly password: string | undefined;
}

/** A part that keeps the escapes it was written with as long as they say the same. */
export interface Escapable {
  readonly text: string;
  readonly written: string;
}

/** @throws StarlarkFailure `parse "…": …` */
export function parseUrl(text: string): Url {
  const [beforeFragment, fragment] = cut(text, "#");
  const url = about(beforeFragment, () => parseWithoutFragment(beforeFragment));
  return about(text, () => ({ ...url, fragment: escapable(fragment ?? "", "fragment") }));
}

function about<Result>(text: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StarlarkFailure)) throw error;
    throw new StarlarkFailure(`parse ${quoteGo(text)}: ${error.message}`, { cause: error });
  }
}

function parseWithoutFragment(text: string): Omit<Url, "fragment"> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that Go refuses
  // oxlint-disable-next-line no-control-regex -- the characters that Go refuses
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new StarlarkFailure("net/url: invalid control character in URL");
  const { scheme, rest: afterScheme } = cutScheme(text);
  const [rest, query] = cut(afterScheme, "?");
  const base = { scheme, opaque: "", user: undefined, host: "", omitsHost: false, query };
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...base, opaque: rest, path: escapable("", "path") };
    if (cut(rest, "/")[0].includes(":")) throw new StarlarkFailure("first path segment in URL cannot contain colon");
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"));
  if (!hasAuthority)
    return { ...base, omitsHost: scheme !== "" && rest.startsWith("/"), path: escapable(rest, "path") };
  const slash = rest.indexOf("/", 2);
  const end = slash < 0 ? rest.length : slash;
  const { user, host } = parseAuthority(rest.slice(2, end));
  return { ...base, user, host, path: escapable(rest.slice(end), "path") };
}

function cutScheme(text: string): { readonly scheme: string; readonly rest: string } {
  if (text.startsWith(":")) throw new StarlarkFailure("missing protocol scheme");
  const [match = ""] = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text) ?? [];
  return { scheme: match.slice(0, -1).toLowerCase(), rest: text.slice(match.length) };
}

function parseAuthority(authority: string): Pick<Url, "user" | "host"> {
  const at = authority.lastIndexOf("@");
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { user: undefined, host };
  const written = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(written)) throw new StarlarkFailure("net/url: invalid userinfo");
  const [name, password] = cut(written, ":");
  return {
    user: {
      name: unescapeUrl(name, "user"),
      password: password === undefined ? undefined : unescapeUrl(password, "user"),
    },
    host,
  };
}

function parseHost(host: string): string {
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) throw new StarlarkFailure("invalid IP-literal");
  if (bracket === 0) return parseLiteral(host);
  const colon = host.lastIndexOf(":");
  if (colon >= 0) checkPort(host.slice(colon));
  return unescapeUrl(host, "host");
}

/** `[::1]:80`, `[fe80::1%25en0]`. */
function parseLiteral(host: string): string {
  const close = host.lastIndexOf("]");
  if (close < 0) throw new StarlarkFailure("missing ']' in host");
  const port = host.slice(close + 1);
  checkPort(port);
  const literal = host.slice(1, close);
  const zone = literal.indexOf("%25");
  const address =
    zone < 0
      ? unescapeUrl(literal, "host")
      : unescapeUrl(literal.slice(0, zone), "host") + unescapeUrl(literal.slice(zone), "zone");
  if (isV4(address)) throw new StarlarkFailure("invalid IP-literal");
  return `[${address}]${unescapeUrl(port, "host")}`;
}

function isV4(address: string): boolean {
  try {
    return parseAddress(address).isV4;
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    throw new StarlarkFailure(`invalid host: ${error.message}`, { cause: error });
  }
}

function checkPort(port: string): void {
  if (!isPort(port)) throw new StarlarkFailure(`invalid port ${quoteGo(port)} after host`);
}

function isPort(text: string): boolean {
  return /^(?::[0-9]*)?$/.test(text);
}

function escapable(written: string, part: "path" | "fragment"): Escapable {
  return { text: unescapeUrl(written, part), written };
}

function cut(text: string, mark: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

export function formatUrl(url: Url): string {
  let text = url.scheme === "" ? "" : `${url.scheme}:`;
  text += url.opaque === "" ? hierarchy(url) : url.opaque;
  if (url.query !== undefined) text += `?${url.query}`;
  return url.fragment.text === "" ? text : `${text}#${escaped(url.fragment, "fragment")}`;
}

function hierarchy({ scheme, user, host, omitsHost, path }: Url): string {
  const written = path.text === "*" ? "*" : escaped(path, "path");
  const isBare = host === "" && user === undefined;
  let text = "";
  if (!isBare || (scheme !== "" && !omitsHost && path.text !== "")) text += "//";
  if (user !== undefined) text += `${formatUser(user)}@`;
  text += escapeUrl(host, "host");
  if (written !== "" && !written.startsWith("/") && host !== "") text += "/";
  // Else its first segment would be taken for a scheme.
  if (scheme === "" && text === "" && cut(written, "/")[0].includes(":")) text += "./";
  return text + written;
}

export function formatUser({ name, password }: UrlUser): string {
  return `${escapeUrl(name, "user")}${password === undefined ? "" : `:${escapeUrl(password, "user")}`}`;
}

/** What may stand without an escape where somebody wrote it so. */
const writtenMarks: ReadonlySet<number> = new Set(toBytes("!$&'()*+,;=:@[]%"));

function escaped({ text, written }: Escapable, part: UrlPart): string {
  const isValid = toBytes(written).every((byte) => writtenMarks.has(byte) || !needsEscape(byte, part));
  return isValid ? written : escapeUrl(text, part);
}

/** Without port and the brackets of an IP literal. */
export function hostName({ host }: Url): string {
  const colon = host.lastIndexOf(":");
  const name = colon >= 0 && isPort(host.slice(colon)) ? host.slice(0, colon) : host;
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}
