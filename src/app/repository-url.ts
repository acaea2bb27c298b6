/** Ports that say nothing: the usual ones of each way to reach a git server. */
const usualPorts: ReadonlyMap<string, string> = new Map([
  ["https", "443"],
  ["http", "80"],
  ["ssh", "22"],
  ["git+ssh", "22"],
  ["git", "9418"],
]);

/** Names under which forges serve ssh on port 443. */
const sshAliases: ReadonlyMap<string, string> = new Map([
  ["ssh.github.com", "github.com"],
  ["altssh.gitlab.com", "gitlab.com"],
  ["altssh.bitbucket.org", "bitbucket.org"],
]);

/** Forges that take owner and repository in any case. */
const caseless: ReadonlySet<string> = new Set(["github.com"]);

/**
 * One key for all spellings of a repository's URL: https, ssh and scp-like, with and without `.git`, usual ports, user info, case of
 * the host (reliability.md B9). The case of the path stays, but for forges known to ignore it. Never throws: what is no URL is its own key.
 */
export function normalizeRepositoryUrl(url: string): string {
  const parts = splitUrl(url.trim());
  if (parts === undefined) return url.trim();
  const host = normalHost(parts.host);
  const alias = sshAliases.get(host);
  const name = alias ?? host;
  const isUsual = parts.port === "" || usualPorts.get(parts.scheme) === parts.port || alias !== undefined;
  const path = normalPath(parts.path);
  return `${name}${isUsual ? "" : `:${parts.port}`}/${caseless.has(name) ? path.toLowerCase() : path}`;
}

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
}

function splitUrl(url: string): UrlParts | undefined {
  const schemeEnd = url.indexOf("://");
  if (schemeEnd > 0) {
    const authorityEnd = url.slice(schemeEnd + 3).search(/[/?#]/);
    const authority =
      authorityEnd === -1 ? url.slice(schemeEnd + 3) : url.slice(schemeEnd + 3, schemeEnd + 3 + authorityEnd);
    const path = authorityEnd === -1 ? "" : url.slice(schemeEnd + 3 + authorityEnd).split(/[?#]/, 1)[0];
    const { host, port } = splitHost(authority.slice(authority.lastIndexOf("@") + 1));
    return host === "" ? undefined : { scheme: url.slice(0, schemeEnd).toLowerCase(), host, port, path: path ?? "" };
  }
  // scp-like: `git@host:owner/repo`; a slash before the colon makes it a local path.
  const colon = url.startsWith("[") || url.includes("@[") ? url.indexOf("]:") + 1 : url.indexOf(":");
  if (colon <= 0 || url.slice(0, colon).includes("/")) return undefined;
  const authority = url.slice(0, colon);
  return { scheme: "ssh", host: authority.slice(authority.lastIndexOf("@") + 1), port: "", path: url.slice(colon + 1) };
}

function splitHost(authority: string): { readonly host: string; readonly port: string } {
  const colon = authority.lastIndexOf(":");
  if (colon === -1 || colon < authority.lastIndexOf("]")) return { host: authority, port: "" };
  return { host: authority.slice(0, colon), port: authority.slice(colon + 1) };
}

function normalHost(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, "");
  // The URL parser spells international names and IPv6 addresses one way.
  return URL.canParse(`https://${lower}`) ? new URL(`https://${lower}`).hostname : lower;
}

function normalPath(path: string): string {
  const segments = path
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .map(normalSegment);
  const last = segments.pop() ?? "";
  return [...segments, last.length > 4 && last.toLowerCase().endsWith(".git") ? last.slice(0, -4) : last].join("/");
}

/** Percent-encoding only where it is needed. */
function normalSegment(segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment));
  } catch {
    // No valid encoding (a lone `%`): two spellings of it are two repositories, which costs a run that a push did not wake.
    return segment;
  }
}
