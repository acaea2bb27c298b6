import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Json } from "../../src/resource/index.ts";
import { type Answer, at, createHarness, type Harness, message, widget, widgets } from "./harness.ts";

const apply = (
  harness: Harness,
  manager: string,
  spec: Json,
  more: { readonly force?: boolean; readonly metadata?: Json } = {},
): Promise<Answer> =>
  harness.call("PATCH", `${widgets}/a?fieldManager=${manager}${more.force === true ? "&force=true" : ""}`, {
    type: "application/apply-patch+yaml",
    body: { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "a", ...(more.metadata as object) }, spec },
  });

const managers = (answer: Answer): readonly (readonly [unknown, unknown])[] =>
  (at(answer.body, "metadata", "managedFields") as Json[]).map((entry) => [
    at(entry, "manager"),
    at(entry, "operation"),
  ]);

describe("server-side apply", () => {
  it("creates, records who owns what, and again changes nothing", async () => {
    const harness = createHarness();
    const created = await apply(harness, "one", { size: 1, parts: [{ name: "p", count: 1 }] });
    assert.equal(created.status, 201);
    assert.deepEqual(at(created.body, "metadata", "managedFields"), [
      {
        manager: "one",
        operation: "Apply",
        apiVersion: "example.dev/v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": { "f:size": {}, "f:parts": { 'k:{"name":"p"}': { ".": {}, "f:name": {}, "f:count": {} } } },
        },
      },
    ]);
    harness.now += 60_000;
    const again = await apply(harness, "one", { size: 1, parts: [{ name: "p", count: 1 }] });
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, created.body);
  });

  it("removes what the manager no longer applies, but not what others own", async () => {
    const harness = createHarness();
    await apply(harness, "one", {
      size: 1,
      note: "x",
      tags: ["a", "b"],
      parts: [{ name: "p", count: 1 }, { name: "q" }],
    });
    await apply(harness, "two", { size: 1, tags: ["b"], parts: [{ name: "q", count: 5 }] });
    const less = await apply(harness, "one", { size: 1, parts: [] });
    assert.equal(less.status, 200, message(less));
    assert.deepEqual(at(less.body, "spec"), { size: 1, colour: "red", tags: ["b"], parts: [{ name: "q", count: 5 }] });
  });

  it("refuses to change what another manager owns, naming manager and field", async () => {
    const harness = createHarness();
    await apply(harness, "one", { size: 1, parts: [{ name: "p", count: 1 }] });
    const conflict = await apply(harness, "two", { size: 2, parts: [{ name: "p", count: 2 }] });
    assert.equal(conflict.status, 409);
    assert.match(message(conflict), /^Apply failed with 2 conflicts: conflicts with "one":\n/);
    assert.match(message(conflict), /- \.spec\.size/);
    assert.match(message(conflict), /- \.spec\.parts\[name="p"\]\.count/);
    assert.equal(at(conflict.body, "details", "causes", 0, "reason"), "FieldManagerConflict");
  });

  it("takes over by force, and shares what has the same value", async () => {
    const harness = createHarness();
    await apply(harness, "one", { size: 1, note: "n" });
    const shared = await apply(harness, "two", { size: 1 });
    assert.deepEqual(managers(shared), [
      ["one", "Apply"],
      ["two", "Apply"],
    ]);
    const forced = await apply(harness, "two", { size: 3, note: "m" }, { force: true });
    assert.deepEqual(at(forced.body, "spec"), { size: 3, colour: "red", note: "m" });
    assert.deepEqual(managers(forced), [["two", "Apply"]]);
  });

  it("meets fields of updates too, with version and time", async () => {
    const harness = createHarness();
    await harness.call("POST", `${widgets}?fieldManager=editor`, { body: widget("a", { size: 1, note: "x" }) });
    const conflict = await apply(harness, "one", { size: 2 });
    assert.equal(
      message(conflict),
      'Apply failed with 1 conflict: conflict with "editor" using example.dev/v1 at 2026-01-01T00:00:00Z: .spec.size',
    );
    const fine = await apply(harness, "one", { size: 1 });
    assert.equal(fine.status, 200);
    const changed = await harness.call("PATCH", `${widgets}/a?fieldManager=editor`, {
      type: "application/merge-patch+json",
      body: { spec: { size: 7 } },
    });
    assert.deepEqual(managers(changed), [["editor", "Update"]], "an update takes what it changes");
  });

  it("keeps items of a list in their places and in the applied order", async () => {
    const harness = createHarness();
    await apply(harness, "one", { size: 1, parts: [{ name: "a" }, { name: "b" }] });
    await apply(harness, "two", { size: 1, parts: [{ name: "c" }] });
    const reordered = await apply(harness, "one", { size: 1, parts: [{ name: "b" }, { name: "a" }, { name: "d" }] });
    assert.deepEqual(
      (at(reordered.body, "spec", "parts") as Json[]).map((part) => at(part, "name")),
      ["b", "a", "c", "d"],
    );
  });

  it("needs a field manager, and refuses what has no owner", async () => {
    const harness = createHarness();
    const body = widget("a");
    const nobody = await harness.call("PATCH", `${widgets}/a`, { type: "application/apply-patch+yaml", body });
    assert.equal(nobody.status, 422);
    assert.match(message(nobody), /fieldManager: Required value: is required for apply patch/);
    const unknown = await apply(harness, "one", { size: 1, sise: 2 });
    assert.equal(unknown.status, 400);
    assert.match(
      message(unknown),
      /failed to create typed patch object \(ns\/a; example.dev\/v1, Kind=Widget\): \.spec\.sise: field not declared in schema/,
    );
    const managed = await apply(harness, "one", { size: 1 }, { metadata: { managedFields: [] } });
    assert.match(message(managed), /metadata.managedFields must be nil/);
  });

  it("ownership can be handed over by the client, as kubectl does when it leaves client-side apply", async () => {
    const harness = createHarness();
    await harness.call("POST", `${widgets}?fieldManager=kubectl-client-side-apply`, {
      body: widget("a", { size: 1, note: "x" }),
    });
    const live = await harness.call("GET", `${widgets}/a`);
    const [entry] = at(live.body, "metadata", "managedFields") as Json[];
    const moved = [{ ...(entry as object), manager: "kubectl", operation: "Apply" }];
    const patch: Json = [
      { op: "replace", path: "/metadata/managedFields", value: moved },
      { op: "replace", path: "/metadata/resourceVersion", value: at(live.body, "metadata", "resourceVersion") ?? "" },
    ];
    assert.equal(
      (await harness.call("PATCH", `${widgets}/a`, { type: "application/json-patch+json", body: patch })).status,
      200,
    );
    const applied = await apply(harness, "kubectl", { size: 2 });
    assert.equal(applied.status, 200, message(applied));
    assert.equal(at(applied.body, "spec", "note"), undefined);
  });

  it("names of managers cannot grow an object without bound", async () => {
    const harness = createHarness();
    await harness.call("POST", widgets, { body: widget("a", { size: 1 }) });
    for (let index = 0; index < 30; index++) {
      const body = { metadata: { labels: { [`l${index}`]: "x" } } };
      await harness.call("PATCH", `${widgets}/a?fieldManager=m${index}`, {
        type: "application/merge-patch+json",
        body,
      });
    }
    const { body } = await harness.call("GET", `${widgets}/a`);
    const entries = at(body, "metadata", "managedFields") as Json[];
    assert.ok(entries.length <= 10, String(entries.length));
    assert.ok(entries.some((entry) => at(entry, "manager") === "ancient-changes"));
  });

  it("the last applied configuration is always contained in the object, whoever else applies", async () => {
    const spec = fc.record(
      {
        size: fc.integer({ min: 1, max: 3 }),
        note: fc.constantFrom("x", "y"),
        tags: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
        parts: fc.uniqueArray(
          fc.record({ name: fc.constantFrom("p", "q", "r"), count: fc.integer({ min: 0, max: 2 }) }),
          { selector: (part) => part.name },
        ),
      },
      { requiredKeys: ["size"] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ manager: fc.constantFrom("one", "two", "three"), spec }), { maxLength: 6 }),
        async (steps) => {
          const harness = createHarness();
          for (const step of JSON.parse(JSON.stringify(steps)) as typeof steps) {
            const answer = await apply(harness, step.manager, step.spec as Json, { force: true });
            assert.ok(answer.status === 200 || answer.status === 201, message(answer));
            const live = at(answer.body, "spec");
            assert.equal(at(live, "size"), step.spec.size);
            if (step.spec.note !== undefined) assert.equal(at(live, "note"), step.spec.note);
            for (const tag of step.spec.tags ?? []) assert.ok((at(live, "tags") as Json[]).includes(tag));
            for (const part of step.spec.parts ?? [])
              assert.deepEqual(
                (at(live, "parts") as Json[]).find((one) => at(one, "name") === part.name),
                part,
              );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
