import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { at, configMaps, createHarness } from "./harness.ts";

const warnings = async (data: string): Promise<string | null> => {
  const { call } = createHarness();
  const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":${data}}`;
  return (await call("POST", `${configMaps}?dryRun=All`, { body })).headers.get("warning");
};

const cases: readonly (readonly [string, string | null])[] = [
  ['{"a":"1","b":"2"}', null],
  ['{"a":"1","a":"2"}', String.raw`299 - "duplicate field \"data.a\""`],
  [String.raw`{"a":"1","\u0061":"2"}`, String.raw`299 - "duplicate field \"data.a\""`],
  ['{"a":"{\\"a\\":1,\\"a\\":2}"}', null],
  ['{"a":"a","b":"a"}', null],
];
for (const [data, want] of cases) it(`duplicate keys in ${data}`, async () => assert.equal(await warnings(data), want));

it("keys that a map gives once are never called duplicates", async () => {
  const { call } = createHarness();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (free) => {
      const body = {
        apiVersion: "example.dev/v1",
        kind: "Widget",
        metadata: { name: "a" },
        spec: { size: 1, free: { value: free } },
      };
      const answer = await call("POST", "/apis/example.dev/v1/namespaces/ns/widgets?dryRun=All", {
        body: JSON.stringify(body),
      });
      assert.equal(answer.headers.get("warning"), null);
      assert.equal(answer.status, 201, JSON.stringify(at(answer.body, "message")));
    }),
  );
});
