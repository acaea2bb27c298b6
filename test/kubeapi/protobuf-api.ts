import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  builtinType,
  builtinTypes,
  createKubeApi,
  createMemoryObjectStore,
  reviewTypes,
  type ServedType,
} from "../../src/kubeapi/index.ts";
import { isMap, type Json, parseJson } from "../../src/resource/index.ts";
import { type Answer, everybody, widgetType } from "./harness.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const kubectlAccepts = "application/vnd.kubernetes.protobuf,application/json";

/** A body that a kubectl command sent, and the same as JSON. */
interface Recorded {
  readonly command: string;
  readonly path: string;
  readonly body: string;
  readonly json: Json;
}
// The fixture has this shape; its own "about" tells how it was made.
export const recorded: readonly Recorded[] = (
  JSON.parse(readFileSync(new URL("fixtures/kubectl-bodies.json", import.meta.url), "utf8")) as {
    readonly bodies: readonly Recorded[];
  }
).bodies;

/** A ServiceAccount that answers TokenRequests with what it was sent. */
const serviceAccounts: ServedType = {
  ...builtinType("ServiceAccount"),
  subresourceCreates: { token: async (sent) => (isMap(sent) ? sent : {}) },
};
const types: readonly ServedType[] = [
  ...builtinTypes.filter((type) => type.kind !== "ServiceAccount"),
  serviceAccounts,
  ...reviewTypes({ rulesOf: async () => [] }),
  widgetType,
];

export interface Api {
  /** Bytes are sent as protobuf, texts as JSON. */
  readonly call: (method: string, path: string, sent?: string | Uint8Array) => Promise<Answer>;
}

/** An API whose answers are the same each time: time stands still and uids count up. An error of the server fails the test. */
export function createApi(): Api {
  let count = 0;
  const api = createKubeApi({
    types,
    store: createMemoryObjectStore(),
    authenticate: async () => everybody,
    clock: { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined },
    randomBytes: (length) => new Uint8Array(length).fill(++count),
    onError: (error) => {
      throw error;
    },
  });
  return {
    call: async (method, path, sent) => {
      const type = typeof sent === "string" ? "application/json" : protobuf;
      const request = new Request(`http://api.test${path}`, {
        method,
        headers: { "content-type": type, accept: kubectlAccepts },
        ...(sent !== undefined && { body: typeof sent === "string" ? sent : new Uint8Array(sent) }),
      });
      const response = await api.handle(request);
      return { status: response.status, headers: response.headers, body: parseJson(await response.text()) };
    },
  };
}

/** Makes what a recorded command needs to be there. */
export async function prepare(path: string, api: Api): Promise<void> {
  if (!path.endsWith("/token")) return;
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "deployer" } };
  const { status } = await api.call("POST", "/api/v1/namespaces/blue/serviceaccounts", JSON.stringify(account));
  assert.equal(status, 201);
}

/** Posts to a new API. */
export const create = (path: string, bytes: Uint8Array): Promise<Answer> => createApi().call("POST", path, bytes);
