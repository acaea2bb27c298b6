import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HubChange, HubError } from "../../src/hub/index.ts";
import type { Json, KubeObject } from "../../src/resource/index.ts";
import { app, apps, at, base64, createHubHarness, message, secret, secrets } from "./harness.ts";

const mergePatch = { type: "application/merge-patch+json" };

describe("Apps", () => {
  it("are kept as kapp-controller's API server keeps them", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const created = await harness.call(token, "POST", apps, {
      ...(app("a", { serviceAccountName: "sa", odd: 1 }) as object),
      status: { x: 1 },
    });
    assert.equal(created.status, 201, message(created));
    assert.equal(at(created.body, "metadata", "generation"), 1);
    assert.equal(at(created.body, "status"), undefined);
    assert.equal(at(created.body, "spec", "odd"), undefined);
    assert.match(created.headers.get("warning") ?? "", /unknown field/);
    const table = await harness.call(token, "GET", apps, undefined, {
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    });
    assert.deepEqual(
      (at(table.body, "columnDefinitions") as Json[]).map((column) => at(column, "name")),
      ["Name", "Description", "Since-Deploy", "Age"],
    );
  });

  it("B90 B91: of a wrong shape are refused by field", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const bad: readonly (readonly [Json, RegExp])[] = [
      [{ ...(app("a") as object), spec: null }, /spec: Required value/],
      [app("a", { fetch: "git" }), /spec.fetch in body must be of type array: "string"/],
      [app("a", { paused: "yes" }), /spec.paused in body must be of type boolean: "string"/],
      [app("a", { syncPeriod: "often" }), /spec.syncPeriod/],
    ];
    for (const [body, says] of bad) {
      const answer = await harness.call(token, "POST", apps, body);
      assert.equal(answer.status, 422, message(answer));
      assert.match(message(answer), says);
    }
    assert.deepEqual(harness.told, []);
  });

  it("tell their changes once, by kind", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const steps: readonly (readonly [string, string, Json | undefined, HubChange | undefined])[] = [
      ["POST", apps, app("a"), "created"],
      ["PATCH", `${apps}/a`, { metadata: { labels: { x: "y" } } }, "metadata"],
      ["PATCH", `${apps}/a`, { metadata: { labels: { x: "y" } } }, undefined],
      ["PATCH", `${apps}/a`, { spec: { paused: true } }, "spec"],
      ["PATCH", `${apps}/a?dryRun=All`, { spec: { paused: false } }, undefined],
      ["DELETE", `${apps}/a?dryRun=All`, undefined, undefined],
      ["DELETE", `${apps}/a`, undefined, "deleted"],
    ];
    for (const [method, path, body, change] of steps) {
      harness.told.length = 0;
      const answer = await harness.call(token, method, path, body, method === "PATCH" ? mergePatch : {});
      assert.ok(answer.status < 300, message(answer));
      assert.deepEqual(harness.told, change === undefined ? [] : [`app ns/a ${change}`], `${method} ${path}`);
    }
  });

  it("stay stored, with a warning, when nobody could be told", async () => {
    const harness = createHubHarness({ onAppChange: () => Promise.reject(new Error("queue is down")) });
    const token = await harness.token(["apps:write"]);
    const answer = await harness.call(token, "POST", apps, app("a"));
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get("warning") ?? "", /found by the next tick/);
    assert.ok(!(answer.headers.get("warning") ?? "").includes("queue"));
  });

  it("are held by a finalizer until reconciliation lets them go, and its own writes wake nothing", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const created = await harness.call(token, "POST", apps, app("a"));
    const uid = String(at(created.body, "metadata", "uid"));
    const { hub } = harness;
    harness.told.length = 0;
    await hub.apps.addFinalizer("ns", "a", uid, "finalizers.kapp-ctrl.k14s.io/delete");
    await hub.apps.addFinalizer("ns", "a", uid, "finalizers.kapp-ctrl.k14s.io/delete");
    const status: KubeObject = { observedGeneration: 1, friendlyDescription: "Reconcile succeeded" };
    const updated = await hub.apps.updateStatus("ns", "a", uid, status);
    assert.deepEqual(at(updated, "status"), status);
    assert.deepEqual(harness.told, []);
    await harness.call(token, "DELETE", `${apps}/a`);
    assert.deepEqual(harness.told, ["app ns/a deleting"]);
    assert.ok(at(await hub.apps.get("ns", "a"), "metadata", "deletionTimestamp") !== undefined);
    await hub.apps.addFinalizer("ns", "a", uid, "another/one");
    await hub.apps.removeFinalizer("ns", "a", "another-uid", "finalizers.kapp-ctrl.k14s.io/delete");
    assert.ok((await hub.apps.get("ns", "a")) !== undefined);
    await hub.apps.removeFinalizer("ns", "a", uid, "finalizers.kapp-ctrl.k14s.io/delete");
    assert.equal(await hub.apps.get("ns", "a"), undefined);
    assert.equal(await hub.apps.updateStatus("ns", "a", uid, status), undefined);
    assert.deepEqual(harness.told, ["app ns/a deleting"]);
  });

  it("status writes survive writes of others at the same time", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const uid = String(at((await harness.call(token, "POST", apps, app("a"))).body, "metadata", "uid"));
    await Promise.all([
      ...[1, 2, 3].map((index) => harness.hub.apps.updateStatus("ns", "a", uid, { observedGeneration: index })),
      ...[1, 2, 3].map((index) =>
        harness.call(token, "PATCH", `${apps}/a`, { metadata: { labels: { [`l${index}`]: "x" } } }, mergePatch),
      ),
    ]);
    const live = await harness.hub.apps.get("ns", "a");
    assert.deepEqual(at(live, "metadata", "labels"), { l1: "x", l2: "x", l3: "x" });
    assert.ok(at(live, "status", "observedGeneration") !== undefined);
    assert.deepEqual((await harness.hub.apps.list()).length, 1);
    assert.deepEqual((await harness.hub.apps.list("other")).length, 0);
  });

  it("of the operator's configuration are applied without a token", async () => {
    const { hub, told } = createHubHarness();
    const object = { ...(app("a") as KubeObject), metadata: { name: "a", namespace: "ns" } };
    assert.equal((await hub.apply(object, { fieldManager: "files" })).changed, true);
    assert.equal((await hub.apply(object, { fieldManager: "files" })).changed, false);
    assert.deepEqual(told, ["app ns/a created"]);
    await assert.rejects(
      hub.apply({ ...object, spec: { fetch: "x" } }, { fieldManager: "files" }),
      (error) => error instanceof HubError && !error.retryable && /spec.fetch/.test(error.message),
    );
    await assert.rejects(
      hub.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" } }, { fieldManager: "files" }),
      /does not keep this kind/,
    );
    assert.equal(await hub.delete(object), true);
    assert.equal(await hub.delete(object), false);
  });
});

describe("B124 T15 Secrets", () => {
  it("keep their data in the secrets manager only", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    const created = await harness.call(token, "POST", secrets, {
      ...(secret("s", { value: "kubeconfig-text" }) as object),
      stringData: { more: "plain-text" },
    });
    assert.equal(created.status, 201, message(created));
    assert.equal(Buffer.from(harness.vault.get("ns/s")?.data.get("value") ?? []).toString(), "kubeconfig-text");
    assert.equal(Buffer.from(harness.vault.get("ns/s")?.data.get("more") ?? []).toString(), "plain-text");
    const everything = JSON.stringify([
      await harness.store.list("secrets"),
      created.text,
      (await harness.call(token, "GET", secrets)).text,
    ]);
    for (const value of ["kubeconfig-text", "plain-text", base64("kubeconfig-text"), base64("plain-text")])
      assert.ok(!everything.includes(value));
    assert.deepEqual(harness.told, ["secret ns/s created"]);
    await harness.call(token, "DELETE", `${secrets}/s`);
    assert.equal(harness.vault.size, 0);
  });

  it("are read back with secrets:read alone", async () => {
    const harness = createHubHarness();
    await harness.call(await harness.token(["secrets:write"]), "POST", secrets, secret("s", { a: "hidden" }));
    const reader = await harness.token(["secrets:read"]);
    assert.deepEqual(at((await harness.call(reader, "GET", `${secrets}/s`)).body, "data"), { a: base64("hidden") });
    assert.deepEqual(at((await harness.call(reader, "GET", secrets)).body, "items", 0, "data"), {
      a: base64("hidden"),
    });
    const masked = await harness.call(await harness.token(["secrets:write"]), "GET", `${secrets}/s`);
    assert.deepEqual(Object.keys(at(masked.body, "data") as object), ["a"]);
    assert.ok(!masked.text.includes(base64("hidden")));
  });

  it("are masked in copies that tools keep in annotations", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    const copy = JSON.stringify({ kind: "Secret", data: { a: base64("hidden") }, stringData: { b: "also-hidden" } });
    const cut = copy.slice(0, -5);
    const answer = await harness.call(
      token,
      "POST",
      secrets,
      secret(
        "s",
        { a: "hidden" },
        {
          "kubectl.kubernetes.io/last-applied-configuration": copy,
          "kapp.k14s.io/original": copy,
          cut,
          note: "{curly}",
        },
      ),
    );
    assert.equal(answer.status, 201, message(answer));
    const stored = JSON.stringify(await harness.store.list("secrets"));
    for (const value of [base64("hidden"), "also-hidden"])
      assert.ok(!stored.includes(value) && !answer.text.includes(value));
    const annotations = at(answer.body, "metadata", "annotations");
    assert.equal(at(annotations, "note"), "{curly}");
    assert.match(
      String(at(annotations, "kapp.k14s.io/original")),
      /"a":/,
      "the keys stay: they tell what to remove later",
    );
  });

  it("a masked value written back keeps what it stands for, and cannot be moved elsewhere", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    await harness.call(token, "POST", secrets, secret("s", { a: "one", b: "two" }));
    const live = (await harness.call(token, "GET", `${secrets}/s`)).body;
    harness.told.length = 0;
    const edited = await harness.call(token, "PUT", `${secrets}/s`, {
      ...(live as object),
      data: { a: at(live, "data", "a") ?? "", c: base64("three") },
    });
    assert.equal(edited.status, 200, message(edited));
    const { data } = harness.vault.get("ns/s") ?? { data: new Map<string, Uint8Array>() };
    assert.deepEqual(
      [...data].map(([key, value]) => [key, Buffer.from(value).toString()]),
      [
        ["a", "one"],
        ["c", "three"],
      ],
    );
    assert.deepEqual(harness.told, ["secret ns/s spec"]);
    const copy = [{ op: "copy", from: "/data/a", path: "/data/z" }];
    const copied = await harness.call(token, "PATCH", `${secrets}/s`, copy, { type: "application/json-patch+json" });
    assert.equal(copied.status, 422);
    const guess = [{ op: "test", path: "/data/a", value: base64("one") }];
    assert.equal(
      (await harness.call(token, "PATCH", `${secrets}/s`, guess, { type: "application/json-patch+json" })).status,
      422,
      "no oracle",
    );
  });

  it("with the same data write nothing, with other data are a change", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    const created = await harness.call(token, "POST", secrets, secret("s", { a: "one" }));
    harness.told.length = 0;
    const same = await harness.call(token, "PATCH", `${secrets}/s`, { data: { a: base64("one") } }, mergePatch);
    assert.equal(at(same.body, "metadata", "resourceVersion"), at(created.body, "metadata", "resourceVersion"));
    const other = await harness.call(token, "PATCH", `${secrets}/s`, { data: { a: base64("two") } }, mergePatch);
    assert.notEqual(at(other.body, "metadata", "resourceVersion"), at(created.body, "metadata", "resourceVersion"));
    assert.deepEqual(harness.told, ["secret ns/s spec"]);
  });

  it("are not half there when the secrets manager fails", async () => {
    let works = false;
    const vault = new Map<string, string>();
    const failing = async (): Promise<void> => {
      if (!works) throw new Error("secrets manager at 10.0.0.1 says: hidden");
    };
    const harness = createHubHarness({
      secrets: {
        get: async () => undefined,
        put: async (namespace, name) => {
          await failing();
          vault.set(`${namespace}/${name}`, "");
        },
        delete: failing,
      },
    });
    const token = await harness.token(["secrets:write"]);
    const refused = await harness.call(token, "POST", secrets, secret("s", { a: "one" }));
    assert.equal(refused.status, 500);
    assert.ok(!refused.text.includes("10.0.0.1"), "what went wrong inside is for the log");
    assert.equal((await harness.call(token, "GET", `${secrets}/s`)).status, 404);
    works = true;
    assert.equal((await harness.call(token, "POST", secrets, secret("s", { a: "one" }))).status, 201);
    works = false;
    const deleted = await harness.call(token, "DELETE", `${secrets}/s`);
    assert.equal(deleted.status, 200);
    assert.match(deleted.headers.get("warning") ?? "", /could not be removed from where it is kept/);
  });

  it("refuse bad keys and values without showing them", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    const bad: readonly (readonly [Json, RegExp])[] = [
      [
        { ...(secret("s", {}) as object), data: { a: "not base64!" } },
        /^(?!.*not base64).*data\[a\]: Invalid value: illegal base64 data/,
      ],
      [
        { ...(secret("s", {}) as object), data: { "a/b": "YQ==" } },
        /data\[a\/b\]: Invalid value: "a\/b": a valid config key/,
      ],
      [{ ...(secret("s", {}) as object), data: { a: { hidden: 1 } } }, /data.a in body must be of type string/],
    ];
    for (const [body, says] of bad) {
      const answer = await harness.call(token, "POST", secrets, body);
      assert.equal(answer.status, 422);
      assert.match(message(answer), says);
    }
    assert.equal(harness.vault.size, 0);
  });

  it("that are immutable stay as they are, and keep their type", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["secrets:write"]);
    await harness.call(token, "POST", secrets, { ...(secret("s", { a: "one" }) as object), immutable: true });
    const changed = await harness.call(token, "PATCH", `${secrets}/s`, { data: { a: base64("two") } }, mergePatch);
    assert.match(message(changed), /immutable/);
    const type = await harness.call(token, "PATCH", `${secrets}/s`, { type: "other" }, mergePatch);
    assert.match(message(type), /type: Invalid value: "other": field is immutable/);
  });
});

describe("namespaces", () => {
  it("begin with their first object and are not removed with content", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    await harness.call(token, "POST", apps, app("a"));
    const list = await harness.call(token, "GET", "/api/v1/namespaces");
    assert.deepEqual(
      (at(list.body, "items") as Json[]).map((item) => [at(item, "metadata", "name"), at(item, "status", "phase")]),
      [["ns", "Active"]],
    );
    const refused = await harness.call(token, "DELETE", "/api/v1/namespaces/ns");
    assert.equal(refused.status, 409);
    assert.match(message(refused), /it still holds App a: delete what it holds first/);
    await harness.call(token, "DELETE", `${apps}/a`);
    assert.equal((await harness.call(token, "DELETE", "/api/v1/namespaces/ns")).status, 200);
  });

  it("can be made by hand", async () => {
    const harness = createHubHarness();
    const token = await harness.token(["apps:write"]);
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "made" } };
    assert.equal((await harness.call(token, "POST", "/api/v1/namespaces", body)).status, 201);
    assert.equal((await harness.call(token, "POST", "/api/v1/namespaces", body)).status, 409);
  });
});

it("ConfigMaps are read by reconciliation and tell their changes", async () => {
  const harness = createHubHarness();
  const token = await harness.token(["apps:write"]);
  const path = "/api/v1/namespaces/ns/configmaps";
  await harness.call(token, "POST", path, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c" },
    data: { a: "1" },
  });
  await harness.call(token, "PATCH", `${path}/c`, { data: { a: "2" } }, mergePatch);
  assert.deepEqual(harness.told, ["configmap ns/c created", "configmap ns/c spec"]);
  assert.deepEqual(at(await harness.hub.configMaps.get("ns", "c"), "data"), { a: "2" });
  assert.equal(await harness.hub.configMaps.get("ns", "missing"), undefined);
});
