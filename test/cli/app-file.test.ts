import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readAppFile } from "../../src/cli/app-file.ts";
import { nameOf, namespaceOf } from "../../src/resource/index.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-app-file-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const app = (name: string, namespace = ""): string =>
  `apiVersion: kappctrl.k14s.io/v1alpha1\nkind: App\nmetadata:\n  name: ${name}\n${namespace === "" ? "" : `  namespace: ${namespace}\n`}spec: {}\n`;

test("an App is read with the Secrets and ConfigMaps beside it, all in its namespace", () => {
  const path = file(
    "one.yml",
    `${app("a", "ns")}---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: other}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n`,
  );
  const read = readAppFile([path]);
  assert.equal(nameOf(read.app), "a");
  assert.deepEqual(read.secrets.map(namespaceOf), ["ns"]);
  assert.deepEqual(read.configMaps.map(namespaceOf), ["other"]);
  assert.deepEqual(read.unused, ["ServiceAccount/sa"]);
});

test("an App without a namespace is in the default one", () => {
  assert.equal(namespaceOf(readAppFile([file("bare.yml", app("a"))]).app), "default");
});

test("a List counts as its items, and an App of another group is no App", () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: app.k8s.io/v1\n  kind: App\n  metadata: {name: x}\n- ${app("b").replaceAll("\n", "\n  ")}`;
  const read = readAppFile([file("list.yml", list)]);
  assert.equal(nameOf(read.app), "b");
  assert.deepEqual(read.unused, ["App/x"]);
});

test("one of several Apps is chosen by name or by namespace and name", () => {
  const path = file("two.yml", `${app("a", "left")}---\n${app("a", "right")}---\n${app("b")}`);
  assert.equal(namespaceOf(readAppFile([path], "right/a").app), "right");
  assert.equal(nameOf(readAppFile([path], "b").app), "b");
});

const faults = [
  {
    name: "several Apps without a choice",
    text: `${app("a")}---\n${app("b")}`,
    want: /several Apps inside, choose one with --app \(there are: default\/a, default\/b\)/,
  },
  { name: "no App", text: "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", want: /no App/ },
  { name: "broken YAML", text: "a:\n  - b\n c: d\n", want: /faulty\.yml:\d+: / },
  { name: "something else than an object", text: "\n\n- 1\n", want: /faulty\.yml:3: not a Kubernetes object/ },
];
for (const { name, text, want } of faults) {
  test(`refused by name: ${name}`, () => {
    assert.throws(() => readAppFile([file("faulty.yml", text)]), { name: "UsageError", message: want });
  });
}

test("an unreadable file is named", () => {
  assert.throws(() => readAppFile([join(folder, "absent.yml")]), /absent\.yml: cannot be read \(ENOENT\)/);
});
