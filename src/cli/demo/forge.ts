import { execFile } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Agent, fetch } from "undici";
import { isolatedGitEnv, startGitServer } from "./git-server.ts";

const run = promisify(execFile);

/** What lateen answered to a webhook. */
export interface Delivery {
  readonly status: number;
  readonly body: string;
  /** Epoch milliseconds at which the delivery was sent. */
  readonly sentAt: number;
  readonly ms: number;
}

/** A working copy of a repository, as a developer has it. */
export interface Checkout {
  readonly folder: string;
  /** Address of the repository for Apps. */
  readonly url: string;
  /** Copies a folder of files into the working copy. */
  copy(from: string, to: string): Promise<void>;
  write(path: string, text: string): Promise<void>;
  /** Replaces the only place of `from` in a file; it must be there. */
  edit(path: string, from: string, to: string): Promise<void>;
  /** Commits everything, pushes with `git push`, and resolves when the forge has delivered its webhook. */
  push(message: string): Promise<{ readonly commit: string; readonly delivery: Delivery }>;
}

/** A git forge on this machine: a real git server that sends a signed webhook for each push. */
export interface Forge {
  readonly url: string;
  createRepository(name: string): Promise<Checkout>;
  /** Requests for objects (not for refs) that the server has answered so far, and the bytes of its answers. */
  readonly fetched: { readonly requests: number; readonly bytes: number };
  /** Where webhooks go from now on. */
  setHook(hook: { readonly url: string; readonly ca: string | undefined; readonly secret: string }): void;
  close(): Promise<void>;
}

/** @param directory where working copies go. */
export async function startForge(directory: string): Promise<Forge> {
  let agent = new Agent();
  let hook: { readonly url: string; readonly secret: string } | undefined;
  const waiting = new Map<string, (delivery: Delivery) => void>();
  const heads = new Map<string, string>();
  const deliver = async (repository: string): Promise<void> => {
    if (hook === undefined) throw new Error("the forge has no webhook to deliver to");
    const after = (await git(directory, ["ls-remote", `${server.url}/${repository}`, "refs/heads/main"])).slice(0, 40);
    const before = heads.get(repository) ?? "0".repeat(40);
    heads.set(repository, after);
    const payload = JSON.stringify(pushPayload(server.url, repository, before, after));
    const signature = createHmac("sha256", hook.secret).update(payload).digest("hex");
    const sentAt = Date.now();
    const response = await fetch(hook.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": `sha256=${signature}`,
      },
      body: payload,
      dispatcher: agent,
    });
    const body = await response.text();
    waiting.get(repository)?.({ status: response.status, body, sentAt, ms: Date.now() - sentAt });
  };
  const server = await startGitServer({
    allowPush: true,
    onPush: (repository) => {
      deliver(repository).catch((error: unknown) =>
        waiting.get(repository)?.({
          status: 0,
          body: error instanceof Error ? error.message : String(error),
          sentAt: Date.now(),
          ms: 0,
        }),
      );
    },
  });
  return {
    url: server.url,
    get fetched() {
      const fetches = server.requests.filter(({ command }) => command === "fetch");
      return { requests: fetches.length, bytes: fetches.reduce((sum, { responseBytes }) => sum + responseBytes, 0) };
    },
    setHook: ({ url, ca, secret }) => {
      hook = { url, secret };
      agent = new Agent({ connect: ca === undefined ? {} : { ca } });
    },
    createRepository: async (name) => {
      const { url } = await server.createRepository(name);
      const folder = join(directory, name);
      await git(directory, ["clone", "--quiet", url, folder]);
      await git(folder, ["checkout", "--quiet", "-B", "main"]);
      const delivered = (): Promise<Delivery> => new Promise((resolve) => waiting.set(`${name}.git`, resolve));
      return createCheckout(folder, url, delivered);
    },
    close: async () => {
      await Promise.all([server.close(), agent.close()]);
    },
  };
}

function createCheckout(folder: string, url: string, delivered: () => Promise<Delivery>): Checkout {
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  return {
    folder,
    url,
    write,
    copy: (from, to) => cp(from, join(folder, to), { recursive: true }),
    edit: async (path, from, to) => {
      const text = await readFile(join(folder, path), "utf8");
      if (text.split(from).length !== 2) throw new Error(`${path} does not hold '${from}' exactly once`);
      await write(
        path,
        text.replace(from, () => to),
      );
    },
    push: async (message) => {
      await git(folder, ["add", "--all"]);
      await git(folder, ["commit", "--quiet", "--message", message]);
      const delivery = delivered();
      await git(folder, ["push", "--quiet", "origin", "main"]);
      return { commit: await git(folder, ["rev-parse", "HEAD"]), delivery: await delivery };
    },
  };
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", ["-C", folder, ...args], { env: isolatedGitEnv(folder) });
  return stdout.trim();
}

/** The members of GitHub's push event that name the repository, the ref and the commits. */
function pushPayload(
  server: string,
  repository: string,
  before: string,
  after: string,
): Readonly<Record<string, unknown>> {
  const name = repository.replace(/\.git$/, "");
  return {
    ref: "refs/heads/main",
    before,
    after,
    created: /^0+$/.test(before),
    deleted: false,
    forced: false,
    repository: {
      name,
      full_name: `demo/${name}`,
      html_url: `${server}/${name}`,
      clone_url: `${server}/${name}.git`,
      default_branch: "main",
    },
    commits: [{ id: after }],
  };
}
