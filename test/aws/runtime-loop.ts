/**
 * Lambda's side of its Runtime API, for one packaged function: starts processes on demand, one invocation at a time in each, keeps them warm,
 * and kills one that is over its time, as Lambda does (Runtime API 2018-06-01).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { failureOf, InvocationError } from "./invocation-error.ts";
import { isStreamed, readStreamedAnswer } from "./streamed-answer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Bytes of a synchronous request or answer. */
const maxPayloadBytes = 6 * 1024 * 1024;

export interface LambdaFunction {
  readonly name: string;
  /**
   * Hands an event to a free process, starting one if there is none. Answers what the handler answered, or a `StreamedAnswer` as soon as a function
   * that streams has sent status and headers.
   */
  invoke(event: unknown, options?: { readonly timeoutMs?: number }): Promise<unknown>;
  /** Everything that its processes wrote to their log. */
  readonly log: () => string;
  /** Kills all processes now, whatever they do. The next invocation starts a new one. */
  kill(): void;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly deadline: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Environment {
  readonly child: ChildProcess;
  readonly server: Server;
  waiting: ServerResponse | undefined;
  current: Invocation | undefined;
}

export function createFunction(
  name: string,
  options: {
    /** Folder of the packaged functions. */
    readonly bundles: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
): LambdaFunction {
  const environments = new Set<Environment>();
  let log = "";

  const finish = (environment: Environment): Invocation | undefined => {
    const { current } = environment;
    clearTimeout(current?.timer);
    environment.current = undefined;
    return current;
  };
  const end = (environment: Environment, reason: InvocationError): void => {
    environments.delete(environment);
    environment.child.kill("SIGKILL");
    environment.server.close();
    environment.server.closeAllConnections();
    finish(environment)?.reject(reason);
  };
  const hand = (environment: Environment): void => {
    const { waiting, current } = environment;
    if (waiting === undefined || current === undefined) return;
    environment.waiting = undefined;
    waiting.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": current.id,
      "lambda-runtime-deadline-ms": String(current.deadline),
    });
    waiting.end(current.event);
  };
  const answer = async (
    environment: Environment,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const path = request.url ?? "";
    if (path.endsWith("/invocation/next")) {
      environment.waiting = response;
      hand(environment);
      return;
    }
    if (isStreamed(request)) return passOn(environment, request, response);
    const body = await textOf(request);
    response.writeHead(202).end("{}");
    const { current } = environment;
    if (path.endsWith("/init/error")) return end(environment, failureOf(body));
    if (current === undefined || !path.includes(current.id)) return;
    finish(environment);
    if (path.endsWith("/error")) current.reject(failureOf(body));
    else if (Buffer.byteLength(body) > maxPayloadBytes)
      current.reject(new InvocationError("Function.ResponseSizeTooLarge", `${Buffer.byteLength(body)} bytes`));
    else current.resolve(body === "" ? undefined : JSON.parse(body));
  };
  /** The invocation lasts until the whole body has come. */
  const passOn = async (
    environment: Environment,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { current } = environment;
    request.once("end", () => {
      response.writeHead(202).end("{}");
      finish(environment);
    });
    await readStreamedAnswer(request).then(current?.resolve, current?.reject);
  };

  const start = async (first: Invocation): Promise<void> => {
    const server = createServer((request, response) => {
      answer(environment, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    const child = spawn(process.execPath, [`${root}/test/aws/bootstrap.mjs`, `${options.bundles}/${name}/index.mjs`], {
      env: { ...options.environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, AWS_LAMBDA_FUNCTION_NAME: name },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const environment: Environment = { child, server, waiting: undefined, current: first };
    environments.add(environment);
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (log += chunk.toString()));
    child.on("exit", () => end(environment, new InvocationError("Runtime.ExitError", `${name} ended by itself`)));
  };

  return {
    name,
    log: () => log,
    async invoke(event, { timeoutMs = options.timeoutMs } = {}) {
      const text = JSON.stringify(event);
      if (Buffer.byteLength(text) > maxPayloadBytes)
        throw new InvocationError("RequestTooLarge", `${Buffer.byteLength(text)} bytes`);
      return new Promise((resolve, reject) => {
        const id = randomUUID();
        const timer = setTimeout(() => {
          for (const each of environments)
            if (each.current?.id === id) end(each, new InvocationError("Sandbox.Timedout", `after ${timeoutMs} ms`));
        }, timeoutMs);
        const invocation: Invocation = {
          id,
          event: text,
          deadline: Date.now() + timeoutMs,
          timer,
          resolve,
          reject,
        };
        const free = [...environments].find(({ current }) => current === undefined);
        if (free === undefined) {
          start(invocation).catch(reject);
          return;
        }
        free.current = invocation;
        hand(free);
      });
    },
    kill() {
      for (const each of environments) end(each, new InvocationError("Runtime.ExitError", `${name} was killed`));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  // Bodies of requests without an encoding are Buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
