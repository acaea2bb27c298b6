import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * AWS Secrets Manager over loopback HTTP, as far as its JSON 1.1 protocol is concerned: `POST /` with `x-amz-target:
 * secretsmanager.ACTION`. Keeps versions with their stages, recovery windows, size limits and error types; checks that requests
 * are signed, not what the signature says.
 */
export interface SecretsManagerFake {
  readonly endpoint: string;
  /** Calls so far by action, failed ones included. */
  readonly calls: ReadonlyMap<string, number>;
  /** Answers an error in place of the result, before anything happens; `undefined` lets the call through. */
  fault:
    | ((call: { readonly action: string; readonly secret: string; readonly attempt: number }) => Fault | undefined)
    | undefined;
  /** Calls during which the name of a secret that was deleted for good stays taken. Default 0. */
  lingeringCalls: number;
  /** Values of a secret by stage, for looking at what was written. */
  stages(name: string): Readonly<Record<string, string | Uint8Array>>;
  tags(name: string): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export type Fault =
  | { readonly type: string; readonly status: number; readonly message?: string }
  /** The connection is cut without an answer. */
  | "reset"
  /** The call takes effect, then the connection is cut. */
  | "lost reply";

interface Version {
  readonly id: string;
  readonly value: { readonly text: string } | { readonly binary: string };
  readonly stages: Set<string>;
}
interface Entry {
  readonly name: string;
  readonly arn: string;
  readonly tags: Map<string, string>;
  readonly versions: Version[];
  deletedAt: number | undefined;
}
type Input = Readonly<Record<string, unknown>>;
type Answer = Readonly<Record<string, unknown>>;

const maxValueBytes = 65_536;

class ServiceError extends Error {
  readonly type: string;
  readonly status: number;
  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export async function startSecretsManagerFake(): Promise<SecretsManagerFake> {
  const entries = new Map<string, Entry>();
  /** Names of secrets deleted for good, and for how many calls they stay taken. */
  const lingering = new Map<string, number>();
  const calls = new Map<string, number>();

  const actions: Readonly<Record<string, (input: Input) => Answer>> = {
    GetSecretValue: (input) => valueAnswer(usable(find(input)), input),
    BatchGetSecretValue: (input) => batchGet(input),
    CreateSecret: (input) => create(input),
    PutSecretValue: (input) => {
      const entry = usable(find(input));
      return { ARN: entry.arn, Name: entry.name, ...addVersion(entry, input) };
    },
    UpdateSecret: (input) => {
      const entry = usable(find(input));
      return { ARN: entry.arn, Name: entry.name, ...addVersion(entry, input) };
    },
    DescribeSecret: (input) => describe(find(input)),
    DeleteSecret: (input) => remove(input),
    RestoreSecret: (input) => {
      const entry = find(input);
      entry.deletedAt = undefined;
      return { ARN: entry.arn, Name: entry.name };
    },
    ListSecrets: (input) => list(input),
  };

  const find = (input: Input): Entry => {
    const id = text(input, "SecretId");
    const entry = entries.get(id) ?? [...entries.values()].find(({ arn }) => arn === id);
    if (entry === undefined)
      throw new ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    return entry;
  };

  const create = (input: Input): Answer => {
    const name = text(input, "Name");
    if (!/^[\w/+=.@-]{1,512}$/.test(name)) throw new ServiceError("ValidationException", "Invalid name.");
    const left = lingering.get(name) ?? 0;
    const present = entries.get(name);
    if (left > 0 || present?.deletedAt !== undefined) {
      lingering.set(name, left - 1);
      throw new ServiceError(
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (present !== undefined) {
      throw new ServiceError(
        "ResourceExistsException",
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const suffix = createHash("sha256").update(name).digest("base64url").replaceAll(/[-_]/g, "x").slice(0, 6);
    const entry: Entry = {
      name,
      arn: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-${suffix}`,
      tags: new Map(maps(input, "Tags").map((tag) => [text(tag, "Key"), text(tag, "Value")] as const)),
      versions: [],
      deletedAt: undefined,
    };
    const added = addVersion(entry, input);
    entries.set(name, entry);
    return { ARN: entry.arn, Name: name, ...added };
  };

  const remove = (input: Input): Answer => {
    const force = input["ForceDeleteWithoutRecovery"] === true;
    const days = input["RecoveryWindowInDays"];
    if (force && days !== undefined) {
      throw new ServiceError(
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    if (typeof days === "number" && (days < 7 || days > 30)) {
      throw new ServiceError(
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
      );
    }
    const entry = usable(find(input));
    if (force) {
      entries.delete(entry.name);
      lingering.set(entry.name, fake.lingeringCalls);
    } else {
      entry.deletedAt = Date.now() / 1000;
    }
    return { ARN: entry.arn, Name: entry.name, DeletionDate: Date.now() / 1000 };
  };

  const batchGet = (input: Input): Answer => {
    const wanted = input["SecretIdList"];
    const ids = Array.isArray(wanted) ? wanted.map(String) : matching(input).map(({ name }) => name);
    if (ids.length > 20) throw new ServiceError("InvalidParameterException", "At most 20 secrets in one call.");
    const values: Answer[] = [];
    const errors: Answer[] = [];
    for (const id of ids) {
      try {
        values.push(valueAnswer(usable(find({ SecretId: id })), {}));
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        errors.push({ SecretId: id, ErrorCode: error.type, Message: error.message });
      }
    }
    return { SecretValues: values, Errors: errors };
  };

  const list = (input: Input): Answer => {
    const all = matching(input).filter(
      ({ deletedAt }) => deletedAt === undefined || input["IncludePlannedDeletion"] === true,
    );
    const start = input["NextToken"] === undefined ? 0 : Number(input["NextToken"]);
    const size = typeof input["MaxResults"] === "number" ? input["MaxResults"] : 100;
    const next = start + size;
    return { SecretList: all.slice(start, next).map(describe), ...(next < all.length && { NextToken: String(next) }) };
  };

  /** Entries whose name starts with one of the values of each `name` filter. */
  const matching = (input: Input): Entry[] => {
    const filters = maps(input, "Filters").filter((filter) => filter["Key"] === "name");
    return [...entries.values()].filter(({ name }) =>
      filters.every(
        ({ Values: values }) => Array.isArray(values) && values.some((value) => name.startsWith(String(value))),
      ),
    );
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const action = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
    const attempt = (calls.get(action) ?? 0) + 1;
    calls.set(action, attempt);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // Without an encoding, chunks are Buffers.
    const input = JSON.parse(Buffer.concat(chunks).toString()) as Input;
    const secret = ["SecretId", "Name"].map((member) => input[member]).find((value) => typeof value === "string") ?? "";
    try {
      if (
        !/^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/secretsmanager\/aws4_request/.test(
          request.headers.authorization ?? "",
        )
      ) {
        throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
      }
      const fault = fake.fault?.({ action, secret, attempt });
      if (fault === "reset") {
        request.socket.destroy();
        return;
      }
      if (fault !== undefined && fault !== "lost reply")
        throw new ServiceError(fault.type, fault.message ?? "", fault.status);
      const run = actions[action];
      if (run === undefined) throw new ServiceError("UnknownOperationException", action);
      const answer = run(input);
      if (fault === "lost reply") request.socket.destroy();
      else send(response, 200, answer);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      send(response, error.status, { __type: error.type, Message: error.message });
    }
  };

  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;

  const fake: SecretsManagerFake = {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    fault: undefined,
    lingeringCalls: 0,
    stages: (name) => {
      const byStage = (entries.get(name)?.versions ?? []).flatMap(({ stages, value }) =>
        [...stages].map(
          (stage) => [stage, "text" in value ? value.text : Buffer.from(value.binary, "base64")] as const,
        ),
      );
      return Object.fromEntries(byStage);
    },
    tags: (name) => Object.fromEntries(entries.get(name)?.tags ?? []),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

function usable(entry: Entry): Entry {
  if (entry.deletedAt === undefined) return entry;
  throw new ServiceError(
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}

/** Adds a version as AWSCURRENT; the one before becomes AWSPREVIOUS. The same request token again is the same version. */
function addVersion(entry: Entry, input: Input): Answer {
  const value = valueOf(input);
  const id = typeof input["ClientRequestToken"] === "string" ? input["ClientRequestToken"] : randomUUID();
  const same = entry.versions.find((version) => version.id === id);
  if (same === undefined) {
    for (const version of entry.versions) {
      version.stages.delete("AWSPREVIOUS");
      if (version.stages.delete("AWSCURRENT")) version.stages.add("AWSPREVIOUS");
    }
    entry.versions.push({ id, value, stages: new Set(["AWSCURRENT"]) });
  } else if (JSON.stringify(same.value) !== JSON.stringify(value)) {
    throw new ServiceError("ResourceExistsException", "A version with this token and another value exists already.");
  }
  return { VersionId: id, VersionStages: ["AWSCURRENT"] };
}

function valueOf(input: Input): Version["value"] {
  const { SecretString: string, SecretBinary: binary } = input;
  const size = typeof string === "string" ? Buffer.byteLength(string) : Buffer.from(String(binary), "base64").length;
  if (size > maxValueBytes) {
    // The real service quotes the value in such messages.
    throw new ServiceError(
      "ValidationException",
      `Value '${String(string)}' at 'secretString' failed to satisfy constraint: Member must have length less than or equal to ${maxValueBytes}`,
    );
  }
  if (typeof string === "string" && string !== "") return { text: string };
  if (typeof binary === "string") return { binary };
  throw new ServiceError("InvalidParameterException", "You must provide either SecretString or SecretBinary.");
}

function valueAnswer(entry: Entry, input: Input): Answer {
  const stage = typeof input["VersionStage"] === "string" ? input["VersionStage"] : "AWSCURRENT";
  const version = entry.versions.find(({ id, stages }) =>
    input["VersionId"] === undefined ? stages.has(stage) : id === input["VersionId"],
  );
  if (version === undefined) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
    );
  }
  return {
    ARN: entry.arn,
    Name: entry.name,
    VersionId: version.id,
    VersionStages: [...version.stages],
    ...("text" in version.value ? { SecretString: version.value.text } : { SecretBinary: version.value.binary }),
  };
}

function describe(entry: Entry): Answer {
  return {
    ARN: entry.arn,
    Name: entry.name,
    Tags: [...entry.tags].map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(entry.versions.map(({ id, stages }) => [id, [...stages]])),
    ...(entry.deletedAt !== undefined && { DeletedDate: entry.deletedAt }),
  };
}

function send(response: ServerResponse, status: number, body: Answer): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() });
  response.end(JSON.stringify(body));
}

function text(input: Input, member: string): string {
  const value = input[member];
  if (typeof value === "string") return value;
  throw new ServiceError("ValidationException", `${member} must not be null`);
}

function maps(input: Input, member: string): readonly Input[] {
  const value = input[member];
  // The SDK sends lists of objects here.
  return Array.isArray(value) ? (value as Input[]) : [];
}
