import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { isUnknownOrigin, loadManifests, type ManifestSet, watchManifests } from "../../../src/adapters/local/index.ts";
import { describeResource } from "../../../src/resource/index.ts";

const app = (name: string): string => `apiVersion: kappctrl.k14s.io/v1alpha1
kind: App
metadata:
  name: ${name}
  namespace: default
spec:
  serviceAccountName: default-ns-sa
`;
const secret = `apiVersion: v1
kind: Secret
metadata: {name: creds, namespace: default}
stringData: {username: me}
`;

describe("loading manifests", () => {
  test("every YAML file below the folder gives its objects, with their places", () =>
    inFolder(async (folder) => {
      write(folder, "apps/b.yml", `${app("two")}---\n${app("three")}`);
      write(folder, "apps/a.yaml", app("one"));
      write(folder, "secrets/git.yml", `# only a comment\n${secret}`);
      write(folder, "README.md", "no YAML");
      write(folder, ".git/x.yml", app("hidden"));
      write(folder, ".hidden.yml", app("hidden"));
      const set = await loadManifests(folder);
      assert.deepEqual(shown(set), [
        "apps/a.yaml:1 app/one (kappctrl.k14s.io/v1alpha1) namespace: default",
        "apps/b.yml:1 app/two (kappctrl.k14s.io/v1alpha1) namespace: default",
        "apps/b.yml:2 app/three (kappctrl.k14s.io/v1alpha1) namespace: default",
        "secrets/git.yml:1 secret/creds (v1) namespace: default",
      ]);
      assert.deepEqual([set.faults, set.unknown], [[], []]);
    }));

  test("a List is taken apart", () =>
    inFolder(async (folder) => {
      const indent = (text: string): string => text.replaceAll("\n", "\n  ").trim();
      write(folder, "all.yml", `apiVersion: v1\nkind: List\nitems:\n- ${indent(app("one"))}\n- ${indent(secret)}\n`);
      assert.equal((await loadManifests(folder)).objects.length, 2);
    }));

  test("links to files and folders are followed, once", () =>
    inFolder(async (folder) => {
      // As Kubernetes mounts a ConfigMap.
      write(folder, "..2026/app.yml", app("one"));
      symlinkSync("..2026", join(folder, "..data"));
      symlinkSync("..data/app.yml", join(folder, "app.yml"));
      mkdirSync(join(folder, "more"));
      symlinkSync("..", join(folder, "more", "circle"));
      symlinkSync("nowhere", join(folder, "dead.yml"));
      assert.deepEqual(shown(await loadManifests(folder)), [
        "app.yml:1 app/one (kappctrl.k14s.io/v1alpha1) namespace: default",
      ]);
    }));

  const faults: readonly { readonly name: string; readonly content: string | Uint8Array; readonly want: RegExp }[] = [
    { name: "YAML that does not parse", content: `${app("x")}---\na: [\n`, want: /^bad\.yml:(8|9|10) / },
    {
      name: "a document without a kind",
      content: `${app("x")}---\napiVersion: v1\n`,
      want: /^bad\.yml:[89] document 2 is no Kubernetes object: it has no kind$/,
    },
    { name: "a document without an apiVersion", content: "kind: App\n", want: /it has no apiVersion/ },
    { name: "a document without a name", content: "apiVersion: v1\nkind: Secret\n", want: /it has no metadata\.name/ },
    { name: "a list where an object belongs", content: "- a\n", want: /it is no map/ },
    { name: "a key given twice", content: `${app("x")}spec: {}\n`, want: /^bad\.yml:\d+ / },
    {
      name: "bytes that are no text",
      content: Uint8Array.of(0xff, 0xfe, 0x00),
      want: /^bad\.yml: cannot be read: it is not UTF-8 text$/,
    },
  ];
  for (const { name, content, want } of faults) {
    test(`${name}: the file gives nothing, is unknown, and the others are not affected`, () =>
      inFolder(async (folder) => {
        write(folder, "bad.yml", content);
        write(folder, "good.yml", app("good"));
        const set = await loadManifests(folder);
        assert.equal(set.objects.length, 1);
        assert.deepEqual(set.unknown, ["bad.yml"]);
        assert.ok(isUnknownOrigin(set, "bad.yml"));
        assert.ok(!isUnknownOrigin(set, "good.yml"));
        const [fault] = set.faults;
        assert.ok(fault !== undefined);
        assert.match(`${fault.file}${fault.line === undefined ? ":" : `:${fault.line}`} ${fault.message}`, want);
      }));
  }

  test("one object in two files is a fault of the second", () =>
    inFolder(async (folder) => {
      write(folder, "a.yml", app("x"));
      write(folder, "b.yml", `${secret}---\n${app("x")}`);
      const set = await loadManifests(folder);
      assert.deepEqual(
        set.objects.map(({ origin }) => origin.file),
        ["a.yml", "b.yml"],
      );
      assert.deepEqual(
        set.faults.map(({ file, message }) => `${file}: ${message}`),
        ["b.yml: app/x (kappctrl.k14s.io/v1alpha1) namespace: default is in a.yml already"],
      );
      assert.ok((set.faults[0]?.line ?? 0) >= 5);
    }));

  test("an empty folder, or none, leaves everything unknown", () =>
    inFolder(async (folder) => {
      for (const [path, message] of [
        [folder, /holds no \*\.yml/],
        [join(folder, "absent"), /cannot be read: ENOENT/],
      ] as const) {
        const set = await loadManifests(path);
        assert.deepEqual(set.objects, []);
        assert.match(set.faults[0]?.message ?? "", message);
        assert.ok(isUnknownOrigin(set, "any/file.yml"));
      }
    }));

  test("a folder that may not be read leaves what is below it unknown", { skip: process.getuid?.() === 0 }, () =>
    inFolder(async (folder) => {
      write(folder, "open/a.yml", app("a"));
      write(folder, "shut/b.yml", app("b"));
      chmodSync(join(folder, "shut"), 0o000);
      const set = await loadManifests(folder);
      chmodSync(join(folder, "shut"), 0o700);
      assert.equal(set.objects.length, 1);
      assert.ok(isUnknownOrigin(set, "shut/b.yml"));
      assert.ok(!isUnknownOrigin(set, "open/a.yml"));
    }),
  );
});

describe("watching manifests", () => {
  test("changes, additions and removals come as new full sets", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      assert.deepEqual(names(await next()), ["a"]);
      write(folder, "sub/b.yml", app("b"), "now");
      assert.deepEqual(names(await next()), ["a", "b"]);
      write(folder, "a.yml", app("a2"), "now");
      assert.deepEqual(names(await next()), ["a2", "b"]);
      rmSync(join(folder, "a.yml"));
      assert.deepEqual(names(await next()), ["b"]);
    }));

  test("a file that goes wrong keeps its last good objects and reports the fault once", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      write(folder, "b.yml", app("b"));
      await next();
      write(folder, "a.yml", "a: [\n", "now");
      const broken = await next();
      assert.deepEqual(names(broken), ["a", "b"]);
      assert.deepEqual(
        broken.faults.map(({ file }) => file),
        ["a.yml"],
      );
      assert.deepEqual(broken.unknown, []);
      write(folder, "a.yml", app("better"), "now");
      const mended = await next();
      assert.deepEqual([names(mended), mended.faults], [["better", "b"], []]);
    }));

  test("a file that was never good is unknown until it is", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", "a: [\n");
      write(folder, "b.yml", app("b"));
      assert.deepEqual((await next()).unknown, ["a.yml"]);
      write(folder, "a.yml", app("a"), "now");
      const set = await next();
      assert.deepEqual([names(set), set.unknown], [["a", "b"], []]);
    }));

  test("an editor that truncates, or removes and writes again, loses nothing in between", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      write(folder, "b.yml", app("b"));
      await next();
      truncateSync(join(folder, "a.yml"));
      rmSync(join(folder, "b.yml"));
      await new Promise((resolve) => setTimeout(resolve, 60));
      write(folder, "a.yml", app("a2"), "now");
      write(folder, "b.yml", app("b"), "now");
      assert.deepEqual(names(await next()), ["a2", "b"]);
    }));

  test("a file moved into place is taken as a whole", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      await next();
      write(folder, ".a.yml.swp", app("moved"), "now");
      renameSync(join(folder, ".a.yml.swp"), join(folder, "a.yml"));
      assert.deepEqual(names(await next()), ["moved"]);
    }));

  test("when all files go at once nothing is known, so nothing is deleted", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      await next();
      rmSync(join(folder, "a.yml"));
      const set = await next();
      assert.ok(isUnknownOrigin(set, "a.yml"));
    }));

  test("a folder that goes away keeps everything", () =>
    watching(async (folder, next) => {
      write(folder, "a.yml", app("a"));
      await next();
      renameSync(folder, `${folder}-moved`);
      const away = await next();
      assert.ok(isUnknownOrigin(away, "a.yml"));
      assert.deepEqual(names(away), ["a"]);
      renameSync(`${folder}-moved`, folder);
      assert.deepEqual((await next()).faults, []);
    }));

  test("an abort ends it with the signal's reason", async () => {
    await inFolder(async (folder) => {
      write(folder, "a.yml", app("a"));
      const stop = new AbortController();
      const sets = watchManifests(folder, { signal: stop.signal });
      await sets.next();
      const reason = new Error("stop");
      const last = sets.next();
      stop.abort(reason);
      await assert.rejects(last, reason);
    });
  });
});

async function watching(body: (folder: string, next: () => Promise<ManifestSet>) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const stop = new AbortController();
    // Notices of the system do the work; the slow scan is there for the case without them.
    const sets = watchManifests(folder, { signal: stop.signal, rescanMs: 300 });
    try {
      await body(folder, async () => {
        const { value } = await sets.next();
        return value;
      });
    } finally {
      stop.abort();
      await sets.return(undefined as never).catch(() => undefined);
    }
  });
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), "lateen-manifests-"));
  const folder = join(parent, "apps");
  mkdirSync(folder);
  try {
    await use(folder);
  } finally {
    rmSync(parent, { recursive: true });
  }
}

/** Files written `before` look as if they had been there for long. */
function write(folder: string, path: string, content: string | Uint8Array, when: "before" | "now" = "before"): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  if (when === "before") utimesSync(file, 1_000_000, 1_000_000);
}

const names = (set: ManifestSet): string[] =>
  set.objects.map(({ object }) => /\/(\S+)/.exec(describeResource(object))?.[1] ?? "");
const shown = (set: ManifestSet): string[] =>
  set.objects.map(({ object, origin }) => `${origin.file}:${origin.document} ${describeResource(object)}`);
