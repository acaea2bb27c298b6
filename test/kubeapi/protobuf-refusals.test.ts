import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { configMaps, message } from "./harness.ts";
import { create, createApi, prepare, recorded } from "./protobuf-api.ts";
import { body, configMap, entry, named, number, part, varint } from "./protobuf-bytes.ts";

describe("a protobuf body", () => {
  const refused: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly code: number;
    readonly text: RegExp;
  }[] = [
    {
      name: "without the first four bytes",
      bytes: Buffer.from("{}"),
      code: 400,
      text: /does not appear to be a protobuf message/,
    },
    { name: "that is empty", bytes: Buffer.alloc(0), code: 400, text: /the request body is empty/ },
    {
      name: "that names no kind",
      bytes: Buffer.from("k8s\0"),
      code: 400,
      text: /unrecognized: Object 'Kind' is missing/,
    },
    {
      name: "of a custom kind",
      bytes: body("example.dev/v1", "Widget", named("w")),
      code: 415,
      text: /^Widget is not accepted as protobuf here - accepted media types include: application\/json, application\/yaml$/,
    },
    {
      name: "of a kind in another group",
      bytes: body("example.dev/v1", "ConfigMap", named("cm")),
      code: 415,
      text: /^ConfigMap is not accepted as protobuf/,
    },
    {
      name: "whose kind is no name",
      bytes: body("v1", "\u001b[2Jx".repeat(1000)),
      code: 415,
      text: /^this kind is not accepted as protobuf/,
    },
    {
      name: "with a compressed object",
      bytes: Buffer.concat([configMap(), part(3, "gzip")]),
      code: 415,
      text: /^ConfigMap is not accepted as protobuf/,
    },
    {
      name: "of another kind than the path's",
      bytes: body("v1", "Secret", named("cm")),
      code: 400,
      text: /the kind in the data \(Secret\) does not match the expected kind \(ConfigMap\)/,
    },
    {
      name: "that ends too early",
      bytes: configMap(Buffer.from([0x12, 0x05, 0x0a])),
      code: 400,
      text: /^ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF$/,
    },
    {
      name: "with a length beyond all memory",
      bytes: configMap(Buffer.concat([Buffer.from([0x12]), varint(2n ** 62n)])),
      code: 400,
      text: /unexpected EOF$/,
    },
    {
      name: "with a negative length",
      bytes: configMap(Buffer.concat([Buffer.from([0x12]), varint(-1)])),
      code: 400,
      text: /negative length found/,
    },
    {
      name: "with an endless number",
      bytes: configMap(Buffer.alloc(20, 0xff)),
      code: 400,
      text: /integer overflow$/,
    },
    {
      name: "with field zero",
      bytes: configMap(number(0, 1)),
      code: 400,
      text: /illegal tag 0/,
    },
    {
      name: "with a number where a text belongs",
      bytes: configMap(part(1, number(1, 5))),
      code: 400,
      text: /wrong wireType = 0 for field name$/,
    },
    {
      name: "with a group that never ends",
      bytes: configMap(Buffer.alloc(100_000, 0x7b)),
      code: 400,
      text: /unexpected EOF$/,
    },
    {
      name: "with a group that never began",
      bytes: configMap(Buffer.from([0x7c])),
      code: 400,
      text: /wiretype end group for non-group$/,
    },
    {
      name: "with a text that is no UTF-8, without showing it",
      bytes: configMap(part(2, part(1, "a"), part(2, Buffer.from([0x70, 0x77, 0xff])))),
      code: 400,
      text: /^ConfigMap in version "v1" cannot be handled as a ConfigMap: a text is not valid UTF-8$/,
    },
    {
      name: "beyond 3 MiB",
      bytes: configMap(entry(2, "a", "x".repeat(3 * 1024 * 1024))),
      code: 413,
      text: /Request entity too large/,
    },
  ];
  for (const { name, bytes, code, text } of refused)
    it(`${name} is refused`, async () => {
      const answer = await create(configMaps, bytes);
      assert.match(message(answer), text);
      assert.equal(answer.status, code);
    });

  const revisions: readonly { readonly name: string; readonly json: string; readonly text: RegExp }[] = [
    { name: "broken", json: '{"password":"hunter2"', text: /a part that holds JSON is not valid JSON$/ },
    { name: "nested too deep", json: `${"[".repeat(5000)}${"]".repeat(5000)}`, text: /nested deeper than 100 levels$/ },
    {
      name: "nested beyond the stack",
      json: `${"[".repeat(100_000)}1234567890123456789${"]".repeat(100_000)}`,
      text: /max depth$/,
    },
  ];
  for (const { name, json, text } of revisions)
    it(`with ${name} JSON inside is refused`, async () => {
      const revision = body("apps/v1", "ControllerRevision", named("r"), part(2, part(1, json)));
      const answer = await create("/apis/apps/v1/namespaces/ns/controllerrevisions", revision);
      assert.match(message(answer), text);
      assert.equal(answer.status, 400);
    });

  it("of a great many empty parts is answered in time", async () => {
    const started = performance.now();
    const rules = Buffer.alloc(500_000, Buffer.from([0x12, 0]));
    const answer = await create(
      "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/roles",
      body("rbac.authorization.k8s.io/v1", "Role", named("r"), rules),
    );
    assert.equal(answer.status, 422, message(answer));
    assert.ok(performance.now() - started < 5000);
  });
});

describe("a damaged protobuf body", () => {
  const answered = new Set([200, 201, 400, 409, 415, 422]);

  it("cut at any byte is answered, never an error of the server", async () => {
    for (const { path, body: base64, command } of recorded) {
      const api = createApi();
      await prepare(path, api);
      const bytes = Buffer.from(base64, "base64");
      for (let length = 0; length < bytes.length; length++) {
        const { status } = await api.call("POST", `${path}?dryRun=All`, bytes.subarray(0, length));
        assert.ok(answered.has(status), `${command}, ${length} bytes: ${status}`);
      }
    }
  });

  it("with any bytes changed is answered, never an error of the server", async () => {
    const api = createApi();
    await prepare("/token", api);
    const change = fc.record({
      at: fc.nat(),
      byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x7f, 0x80, 0xff)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...recorded),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async ({ path, body: base64 }, changes) => {
          const bytes = Buffer.from(base64, "base64");
          // The envelope stays whole, so that the object is what is damaged.
          const first = bytes.indexOf(0x12, 6 + (bytes[5] ?? 0)) + 2;
          for (const { at: place, byte } of changes) bytes[first + (place % (bytes.length - first))] = byte;
          const { status } = await api.call("POST", `${path}?dryRun=All`, bytes);
          assert.ok(answered.has(status), String(status));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("of any bytes at all is answered, never an error of the server", async () => {
    const api = createApi();
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from("k8s\0"), bytes])),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => body("v1", "Pod", named("p"), bytes)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => body("v1", "Pod", named("p"), part(2, bytes))),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (bytes) => {
        const { status } = await api.call("POST", "/api/v1/namespaces/ns/pods?dryRun=All", bytes);
        assert.ok(answered.has(status), String(status));
      }),
      { numRuns: 2000 },
    );
  });
});
