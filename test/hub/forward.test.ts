import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../src/base/index.ts";
import { createHub } from "../../src/hub/index.ts";
import { createMemoryObjectStore } from "../../src/kubeapi/index.ts";
import { body, named, part } from "../kubeapi/protobuf-bytes.ts";

const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/roles";

interface Forwarded {
  readonly path: string;
  readonly type: string | null;
  readonly accept: string | null;
  readonly body: string;
}

/** A hub with a home cluster that notes what reaches it. */
async function forwardingHub() {
  const forwarded: Forwarded[] = [];
  const hub = createHub({
    store: createMemoryObjectStore(),
    secrets: { get: async () => undefined, put: async () => undefined, delete: async () => undefined },
    clock: systemClock,
    forward: async (request) => {
      const { pathname, search } = new URL(request.url);
      const { headers } = request;
      forwarded.push({
        path: pathname + search,
        type: headers.get("content-type"),
        accept: headers.get("accept"),
        body: await request.text(),
      });
      return Response.json({ kind: "Role" }, { status: 201 });
    },
  });
  const { token } = await hub.tokens.create({ scopes: ["admin"] });
  const send = (sent: string | Uint8Array, type: string): Promise<Response> =>
    hub.handle(
      new Request(`http://hub${path}?fieldManager=kubectl-create`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": type,
          accept: "application/vnd.kubernetes.protobuf,application/json",
        },
        body: typeof sent === "string" ? sent : new Uint8Array(sent),
      }),
    );
  return { forwarded, send };
}

describe("what the hub passes on to the home cluster", () => {
  it("is JSON where kubectl sent protobuf, and asks for JSON", async () => {
    const { forwarded, send } = await forwardingHub();
    const rule = part(2, part(1, "get"), part(2, ""), part(3, "configmaps"));
    const response = await send(
      body("rbac.authorization.k8s.io/v1", "Role", named("reader"), rule),
      "application/vnd.kubernetes.protobuf",
    );
    assert.equal(response.status, 201);
    assert.deepEqual(
      forwarded.map((one) => ({ ...one, body: JSON.parse(one.body) as unknown })),
      [
        {
          path: `${path}?fieldManager=kubectl-create`,
          type: "application/json",
          accept: "application/json",
          body: {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata: { name: "reader" },
            rules: [{ verbs: ["get"], apiGroups: [""], resources: ["configmaps"] }],
          },
        },
      ],
    );
  });

  it("is any other body as it is", async () => {
    const { forwarded, send } = await forwardingHub();
    await send('{ "kind": "Role" }', "application/json");
    assert.deepEqual(
      forwarded.map(({ type, body: sent }) => [type, sent]),
      [["application/json", '{ "kind": "Role" }']],
    );
  });

  it("is nothing when the protobuf is broken", async () => {
    const { forwarded, send } = await forwardingHub();
    const response = await send(Buffer.from("k8s\0\x0a\x50"), "application/vnd.kubernetes.protobuf");
    assert.equal(response.status, 400);
    assert.match(await response.text(), /unexpected EOF/);
    assert.deepEqual(forwarded, []);
  });
});
