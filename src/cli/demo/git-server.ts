import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const run = promisify(execFile);

/** One request as the server saw it. */
export interface GitServerRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly status: number;
  readonly requestBytes: number;
  /** Body bytes sent. */
  readonly responseBytes: number;
  readonly authorization: string | undefined;
  /** Protocol v2 command of a POST: `ls-refs`, `fetch`. */
  readonly command: string | undefined;
}

export interface GitServerOptions {
  /** All repositories ask for this user and password. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** PEM key and certificate: the server then speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called before git is; whoever answers the request returns `true`. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean | Promise<boolean>;
  /** Lets `git push` in over HTTP. Default false. */
  readonly allowPush?: boolean;
  /** Called after a push over HTTP has been answered. */
  readonly onPush?: (repository: string) => void;
}

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly requests: readonly GitServerRequest[];
  clearRequests(): void;
  /** Makes an empty bare repository that serves any object and filter, and returns a handle on it. */
  createRepository(name: string): Promise<ServedRepository>;
  close(): Promise<void>;
}

export interface CommitOptions {
  /** Default `main`. */
  readonly branch?: string;
  readonly message?: string;
  /** Begin the history anew, as a forced push does. */
  readonly orphan?: boolean;
  readonly tags?: readonly string[];
  readonly annotatedTags?: readonly string[];
}

/** A bare repository on disk behind the server. */
export interface ServedRepository {
  readonly name: string;
  readonly url: string;
  /** The directory of the bare repository. */
  readonly directory: string;
  /** Makes a folder the whole tree of a new commit on the branch; returns the commit's id. `.git` inside is left out. */
  commitFolder(folder: string, options?: CommitOptions): Promise<string>;
  /** The same with files given as path → content; a path ending in `*` is made executable, content `{ link }` a symlink. */
  commitFiles(
    files: Readonly<Record<string, string | Uint8Array | { readonly link: string }>>,
    options?: CommitOptions,
  ): Promise<string>;
  /** Runs git in this repository and returns its trimmed output. */
  git(
    args: readonly string[],
    options?: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> },
  ): Promise<string>;
}

/** Whether this machine's git can serve HTTP. */
export async function hasGitHttpBackend(): Promise<boolean> {
  try {
    const { stdout } = await run("git", ["--exec-path"]);
    await run("test", ["-x", join(stdout.trim(), "git-http-backend")]);
    return true;
  } catch {
    return false;
  }
}

/** A real git server on 127.0.0.1: `git http-backend` as CGI behind a small Node server, repositories in a temporary directory that goes with it. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), "lateen-git-"));
  const backend = join((await run("git", ["--exec-path"])).stdout.trim(), "git-http-backend");
  const requests: GitServerRequest[] = [];
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    serve({ root, backend, options, requests }, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  };
  const server: Server =
    options.tls === undefined ? createHttpServer(handler) : createHttpsServer(options.tls, handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on a TCP port: the address is an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const url = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(root, { recursive: true, force: true });
  };
  return {
    url,
    requests,
    clearRequests: () => {
      requests.length = 0;
    },
    createRepository: (name) => createRepository(root, url, name, options.allowPush ?? false),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface ServeContext {
  readonly root: string;
  readonly backend: string;
  readonly options: GitServerOptions;
  readonly requests: GitServerRequest[];
}

async function serve(context: ServeContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options } = context;
  const body = await readBody(request);
  const path = request.url ?? "/";
  let sent = 0;
  const write = response.write.bind(response);
  // Counted at the one place that every answer goes through, intercepted ones too.
  response.write = ((chunk: Uint8Array | string, ...rest: never[]): boolean => {
    sent += Buffer.byteLength(chunk);
    return write(chunk, ...rest);
  }) as typeof response.write;
  response.on("close", () => {
    context.requests.push({
      method: request.method ?? "",
      path,
      status: response.statusCode,
      requestBytes: body.length,
      responseBytes: sent,
      authorization: request.headers.authorization,
      command: /command=([a-z-]+)/.exec(body.subarray(0, 200).toString("latin1"))?.[1],
    });
  });
  if (options.intercept !== undefined && (await options.intercept(request, response, body))) return;
  if (options.auth !== undefined && !isAuthorized(request, options.auth)) {
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"', "content-type": "text/plain" }).end();
    return;
  }
  await runBackend(context, request, response, body);
  if (path.endsWith("/git-receive-pack") && request.method === "POST" && response.statusCode === 200) {
    options.onPush?.(path.slice(1, -"/git-receive-pack".length));
  }
}

function isAuthorized(
  request: IncomingMessage,
  auth: { readonly username: string; readonly password: string },
): boolean {
  const want = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
  return request.headers.authorization === want;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // Without an encoding an incoming message gives buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

function runBackend(
  context: ServeContext,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const protocol = String(request.headers["git-protocol"] ?? "");
  const child = spawn(context.backend, [], {
    env: {
      ...isolatedGitEnv(context.root),
      GIT_PROJECT_ROOT: context.root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: String(body.length),
      GIT_PROTOCOL: protocol,
      HTTP_GIT_PROTOCOL: protocol,
      REMOTE_USER: "user",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {
    // git may answer, and close, before it has read the whole request.
  });
  child.stdin.end(body);
  response.on("close", () => child.kill());
  return new Promise((resolve, reject) => {
    let head: Buffer | undefined = Buffer.alloc(0);
    child.on("error", reject);
    child.stdout.on("data", (chunk: Buffer) => {
      if (head === undefined) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const rest = head.subarray(end + 4);
      writeHead(response, head.subarray(0, end).toString("latin1"));
      head = undefined;
      if (rest.length > 0) response.write(rest);
    });
    child.on("close", () => {
      if (head !== undefined) response.writeHead(500);
      response.end(() => resolve());
      resolve();
    });
  });
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}

/** git without the user's and the machine's configuration, with a fixed author. */
export function isolatedGitEnv(home: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.com",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.com",
  };
}

async function createRepository(
  root: string,
  serverUrl: string,
  name: string,
  allowPush: boolean,
): Promise<ServedRepository> {
  const directory = join(root, `${name}.git`);
  await mkdir(directory, { recursive: true });
  const git: ServedRepository["git"] = async (args, options = {}) => {
    const child = run("git", ["--git-dir", directory, ...args], {
      env: { ...isolatedGitEnv(root), ...options.env },
      maxBuffer: 256 * 1024 * 1024,
    });
    child.child.stdin?.on("error", () => {
      // Commands that read no input may be gone before it is closed; a failed command shows by its exit code.
    });
    child.child.stdin?.end(options.input ?? "");
    return (await child).stdout.trim();
  };
  await git(["init", "--bare", "--quiet", "--initial-branch=main", directory]);
  for (const key of ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"]) await git(["config", key, "true"]);
  await git(["config", "http.receivepack", String(allowPush)]);
  await git(["config", "gc.auto", "0"]);

  const commitFolder: ServedRepository["commitFolder"] = async (folder, options = {}) => {
    const index = join(await mkdtemp(join(root, "index-")), "index");
    const env = { GIT_INDEX_FILE: index };
    await git(["--work-tree", folder, "-c", "core.excludesFile=/dev/null", "add", "--all", "--force", "."], { env });
    const tree = await git(["write-tree"], { env });
    await rm(dirname(index), { recursive: true });
    return commitTree(git, tree, options);
  };
  return {
    name,
    url: `${serverUrl}/${name}.git`,
    directory,
    git,
    commitFolder,
    commitFiles: async (files, options) => {
      const tree = await writeTreeOf(git, files);
      return commitTree(git, tree, options ?? {});
    },
  };
}

async function commitTree(git: ServedRepository["git"], tree: string, options: CommitOptions): Promise<string> {
  const ref = `refs/heads/${options.branch ?? "main"}`;
  const parent = options.orphan === true ? "" : await git(["for-each-ref", "--format=%(objectname)", ref]);
  const message = options.message ?? `commit ${await nextNumber(git, parent)}`;
  const commit = await git(["commit-tree", tree, ...(parent === "" ? [] : ["-p", parent]), "-m", message]);
  await git(["update-ref", ref, commit]);
  for (const tag of options.tags ?? []) await git(["tag", "--force", tag, commit]);
  for (const tag of options.annotatedTags ?? []) await git(["tag", "--force", "--annotate", "-m", tag, tag, commit]);
  return commit;
}

async function nextNumber(git: ServedRepository["git"], parent: string): Promise<number> {
  return parent === "" ? 1 : Number(await git(["rev-list", "--count", parent])) + 1;
}

/** Writes the files through fast-import: one process for any number of files, and names that no file system would take. */
async function writeTreeOf(
  git: ServedRepository["git"],
  files: Readonly<Record<string, string | Uint8Array | { readonly link: string }>>,
): Promise<string> {
  const parts: (string | Uint8Array)[] = [
    "commit refs/lateen/tree\ncommitter Ada <ada@example.com> 0 +0000\ndata 0\n\n",
  ];
  for (const [path, content] of Object.entries(files)) {
    const isExecutable = path.endsWith("*");
    const isLink = typeof content === "object" && "link" in content;
    const bytes = Buffer.from(isLink ? content.link : content);
    const mode = isLink ? "120000" : isExecutable ? "100755" : "100644";
    const name = JSON.stringify(isExecutable ? path.slice(0, -1) : path);
    parts.push(`M ${mode} inline ${name}\ndata ${bytes.length}\n`, bytes, "\n");
  }
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  await git(["fast-import", "--quiet", "--force"], { input });
  const tree = await git(["rev-parse", "refs/lateen/tree^{tree}"]);
  await git(["update-ref", "-d", "refs/lateen/tree"]);
  return tree;
}

/** Writes files below a directory; for tests and the demo that need a folder rather than a map. */
export async function writeFolder(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}
