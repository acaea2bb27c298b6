import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createMemoryObjectCache, type ObjectCache } from "../../src/git/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { call, gitError, testClient, texts, withoutGit } from "./support.ts";

describe("git client against a real server", { skip: withoutGit }, () => {
  let server: GitServer;
  before(async () => {
    server = await startGitServer();
  });
  after(() => server.close());
  let serial = 0;
  const repository = (): Promise<ServedRepository> => server.createRepository(`group/repo-${serial++}`);

  describe("refs", () => {
    let repo: ServedRepository;
    let first = "";
    let second = "";
    let staging = "";
    before(async () => {
      repo = await repository();
      first = await repo.commitFiles({ a: "1" }, { tags: ["v1.0.0", "same"], annotatedTags: ["v1.0.0-signed"] });
      second = await repo.commitFiles({ a: "2" });
      staging = await repo.commitFiles({ a: "3" }, { branch: "staging/eu" });
      await repo.git(["update-ref", "refs/heads/same", second]);
      await repo.git(["tag", "-a", "-m", "x", "of-tag", "v1.0.0-signed"]);
      await repo.git(["tag", "-a", "-m", "x", "of-tag-of-tag", "of-tag"]);
      await repo.git(["tag", "of-blob", await repo.git(["rev-parse", `${first}:a`])]);
    });

    const found = [
      { ref: "origin/main", want: () => second },
      { ref: "main", want: () => second },
      { ref: "origin/staging/eu", want: () => staging },
      { ref: "v1.0.0", want: () => first },
      { ref: "origin/v1.0.0", want: () => first },
      { ref: "v1.0.0-signed", want: () => first },
      { ref: "of-tag-of-tag", want: () => first },
      { ref: "refs/tags/v1.0.0", want: () => first },
      { ref: "refs/remotes/origin/main", want: () => second },
      { ref: "HEAD", want: () => second },
    ];
    for (const { ref, want } of found) {
      test(`B24: ${ref} is found`, async () => {
        await using client = testClient();
        const resolved = await client.git.resolveRef({ url: repo.url }, { ref }, call());
        assert.equal(resolved.commit, want());
        assert.equal(resolved.isTip, true);
      });
    }

    test("B24: a tag wins over a branch of its name", async () => {
      await using client = testClient();
      const { git } = client;
      for (const ref of ["same", "origin/same"])
        assert.equal((await git.resolveRef({ url: repo.url }, { ref }, call())).commit, first);
    });

    test("B24: a full id is itself, and known to be a tip or not; a short one of a tip is found", async () => {
      await using client = testClient();
      const { git } = client;
      const tip = await git.resolveRef({ url: repo.url }, { ref: second }, call());
      assert.deepEqual([tip.commit, tip.isTip], [second, true]);
      const unknown = await git.resolveRef({ url: repo.url }, { ref: "9".repeat(40) }, call());
      assert.deepEqual([unknown.commit, unknown.isTip], ["9".repeat(40), false]);
      assert.equal((await git.resolveRef({ url: repo.url }, { ref: second.slice(0, 12) }, call())).commit, second);
    });

    test("the tags of a commit come on request, annotated ones first", async () => {
      await using client = testClient();
      const { tags } = await client.git.resolveRef({ url: repo.url }, { ref: "v1.0.0", tags: true }, call());
      assert.deepEqual(tags, ["of-tag", "of-tag-of-tag", "v1.0.0-signed", "same", "v1.0.0"]);
    });

    test("B24: a missing ref names itself and the nearest names", async () => {
      await using client = testClient();
      const error = await gitError(client.git.resolveRef({ url: repo.url }, { ref: "origin/mian" }, call()), "GIT_REF");
      assert.match(error.message, /^couldn't find remote ref mian \(nearest: main, /);
      assert.equal(error.failure.code === "GIT_REF" && error.failure.near.length, 5);
    });

    const bad = ["refs/heads/main", "a b", "main~1", "v1^{}", "a..b", "x\ny", "-x", "", "@{u}", "x".repeat(2000)];
    for (const ref of bad) {
      test(`B24: ${JSON.stringify(ref.slice(0, 20))} is no ref`, async () => {
        await using client = testClient();
        await gitError(client.git.resolveRef({ url: repo.url }, { ref }, call()), "GIT_REF");
      });
    }

    test("B24: a tag of a blob names the object", async () => {
      await using client = testClient();
      const { commit } = await client.git.resolveRef({ url: repo.url }, { ref: "of-blob" }, call());
      const error = await gitError(
        client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: [""] }, call()),
        "GIT_OBJECT",
      );
      assert.match(error.message, new RegExp(`commit ${commit} is a blob, not a commit`));
    });

    test("only the asked refs are sent", async () => {
      await using client = testClient();
      const { refs } = await client.git.listRefs({ url: repo.url }, { prefixes: ["refs/heads/"] }, call());
      assert.deepEqual(
        refs.map(({ name }) => name),
        ["refs/heads/main", "refs/heads/same", "refs/heads/staging/eu"],
      );
    });
  });

  describe("subPaths", () => {
    test("files, modes and links of several subPaths come in few requests, and nothing beside them", async () => {
      const repo = await repository();
      const big = Buffer.alloc(200_000).map((_, index) => (index * 7919) >> 3);
      const commit = await repo.commitFiles({
        "apps/one/a.yml": "a: 1\n",
        "apps/one/run.sh*": "#!/bin/sh\n",
        "apps/one/deep/er/b.yml": "b: 2\n",
        "apps/one/link": { link: "deep/er/b.yml" },
        "apps/two/c.yml": "c: 3\n",
        "apps/three/big.bin": big,
        "other/big.bin": big.toReversed(),
      });
      await using client = testClient();
      server.clearRequests();
      const snapshot = await client.git.fetchSubPaths(
        { url: repo.url },
        { commit, subPaths: ["apps/one", "apps/two"] },
        call(),
      );
      assert.equal(snapshot.commitTitle, "commit 1");
      assert.deepEqual(texts(snapshot.files("apps/one")), {
        "a.yml": "a: 1\n",
        "deep/er/b.yml": "b: 2\n",
        link: "deep/er/b.yml",
        "run.sh": "#!/bin/sh\n",
      });
      assert.deepEqual(
        [...snapshot.files("apps/one").values()].map(({ mode }) => mode),
        ["file", "file", "symlink", "executable"],
      );
      assert.deepEqual(texts(snapshot.files("apps/two")), { "c.yml": "c: 3\n" });
      assert.equal(snapshot.treeIds.get("apps/two"), await repo.git(["rev-parse", `${commit}:apps/two`]));
      assert.deepEqual(snapshot.notes, []);
      assert.deepEqual(
        server.requests.map(({ command }) => command),
        [undefined, "fetch", "fetch", "fetch"],
      );
      assert.equal(snapshot.stats.requests, 4);
      assert.ok(snapshot.stats.bytesReceived < 3000, `${snapshot.stats.bytesReceived} bytes`);
    });

    test("the whole repository comes in one fetch", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "a.yml": "a", "x/y/z.yml": "z" });
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: [""] }, call());
      assert.deepEqual(texts(snapshot.files("")), { "a.yml": "a", "x/y/z.yml": "z" });
      assert.equal(snapshot.stats.requests, 2);
    });

    test("a new commit costs the changed trees and blobs only", async () => {
      const repo = await repository();
      const files = Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`apps/one/${index}.yml`, `n: ${index}\n`.repeat(50)]),
      );
      const first = await repo.commitFiles(files);
      const second = await repo.commitFiles({ ...files, "apps/one/7.yml": "n: seven\n" });
      await using client = testClient();
      const request = (
        commit: string,
      ): Promise<{ readonly stats: { readonly objects: number; readonly requests: number } }> =>
        client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["apps/one"] }, call());
      assert.equal((await request(first)).stats.objects, 44);
      const again = await request(second);
      // Commit, three trees, one blob.
      assert.equal(again.stats.objects, 5);
      assert.deepEqual((await request(second)).stats, { requests: 0, bytesReceived: 0, objects: 0 });
    });

    test("tree ids are read without any blob", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "apps/one/a.yml": "a", "apps/two/b.yml": "b", "c.yml": "c" });
      await using client = testClient();
      const ids = await client.git.treeIdsOf(
        { url: repo.url },
        { commit, subPaths: ["apps/one", "apps/two", "", "apps/none", "./apps//one/", "c.yml", "../x"] },
        call(),
      );
      assert.deepEqual(
        Object.fromEntries(ids.treeIds),
        Object.fromEntries([
          ["apps/one", await repo.git(["rev-parse", `${commit}:apps/one`])],
          ["apps/two", await repo.git(["rev-parse", `${commit}:apps/two`])],
          ["", await repo.git(["rev-parse", `${commit}:`])],
          ["./apps//one/", await repo.git(["rev-parse", `${commit}:apps/one`])],
        ]),
      );
      assert.deepEqual(ids.locations.get("apps/none"), {
        kind: "missing",
        parent: "apps",
        directories: ["apps/one", "apps/two"],
      });
      assert.deepEqual(ids.locations.get("c.yml"), { kind: "file", path: "c.yml" });
      assert.deepEqual(ids.locations.get("../x"), { kind: "missing", parent: "", directories: ["apps"] });
      assert.equal(ids.stats.objects, 3);
    });

    test("B46: subPaths that are missing, a file, below a file or through a link name themselves", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "a/b.yml": "x", link: { link: "a" } });
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths(
        { url: repo.url },
        { commit, subPaths: ["x", "a/b.yml", "a/b.yml/c", "link"] },
        call(),
      );
      for (const subPath of ["x", "a/b.yml", "a/b.yml/c", "link", "never asked"]) {
        assert.throws(() => snapshot.files(subPath), new RegExp(`subPath "${subPath}"`));
      }
    });

    test("one blob at many paths is fetched once", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "s/a": "same", "s/b": "same", "s/c/d": "same" });
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call());
      assert.deepEqual(texts(snapshot.files("s")), { a: "same", b: "same", "c/d": "same" });
      assert.equal(snapshot.stats.objects, 5);
    });

    test("many Apps of one repository are read at the same time", async () => {
      const repo = await repository();
      const apps = Array.from({ length: 12 }, (_, index) => `apps/${index}`);
      const commit = await repo.commitFiles(Object.fromEntries(apps.map((app) => [`${app}/a.yml`, app])));
      await using client = testClient();
      const read = async (app: string): Promise<string | undefined> => {
        const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: [app] }, call());
        return texts(snapshot.files(app))["a.yml"];
      };
      assert.deepEqual(await Promise.all(apps.map(read)), apps);
    });

    test("odd names come through byte for byte, in byte order", async () => {
      const repo = await repository();
      const names = [
        "-rf",
        "A",
        "a b",
        "a.b",
        "a/x",
        "a0",
        "ü",
        "日本.yml",
        "README",
        "readme",
        "__proto__",
        "\u00e9",
        "e\u0301",
      ];
      const commit = await repo.commitFiles(Object.fromEntries(names.map((name) => [`s/${name}`, name])));
      await using client = testClient();
      const files = (await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call())).files("s");
      assert.deepEqual(
        [...files.keys()],
        [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
    });
  });

  describe("servers that can do less", () => {
    const layout = { "apps/one/a.yml": "a", "apps/two/b.yml": "b" };
    const read = async (
      config: readonly (readonly [string, string])[],
    ): Promise<{ files: Record<string, string>; notes: readonly string[]; requests: number }> => {
      const repo = await repository();
      const commit = await repo.commitFiles(layout);
      for (const [key, value] of config) await repo.git(["config", key, value]);
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["apps/one"] }, call());
      return { files: texts(snapshot.files("apps/one")), notes: snapshot.notes, requests: snapshot.stats.requests };
    };

    test("without filters the whole commit is fetched, with a note", async () => {
      const { files, notes, requests } = await read([["uploadpack.allowFilter", "false"]]);
      assert.deepEqual(files, { "a.yml": "a" });
      assert.match(notes.join(), /gives no part of a commit: all of it was fetched \(7 objects, \d+ bytes\)/);
      assert.equal(requests, 2);
    });

    test("with tree:0 as the only tree filter the walk goes on without a note", async () => {
      const { files, notes } = await read([["uploadpackfilter.tree.maxDepth", "0"]]);
      assert.deepEqual([files, notes], [{ "a.yml": "a" }, []]);
    });

    test("with blob:none as the only filter all trees come, then the blobs", async () => {
      const { files, notes } = await read([
        ["uploadpackfilter.allow", "false"],
        ["uploadpackfilter.blob:none.allow", "true"],
      ]);
      assert.deepEqual([files, notes], [{ "a.yml": "a" }, []]);
    });

    test("what a server refuses is asked once, not in every operation", async () => {
      const repo = await repository();
      const first = await repo.commitFiles(layout);
      const second = await repo.commitFiles({ ...layout, "apps/one/a.yml": "aa" });
      await repo.git(["config", "uploadpackfilter.tree.maxDepth", "0"]);
      await using client = testClient();
      await client.git.fetchSubPaths({ url: repo.url }, { commit: first, subPaths: ["apps/one"] }, call());
      const again = await client.git.fetchSubPaths(
        { url: repo.url },
        { commit: second, subPaths: ["apps/one"] },
        call(),
      );
      // Commit, root, apps, one, a.yml: one request for each.
      assert.equal(again.stats.requests, 5);
    });

    test("B39: a SHA-256 repository is refused by its object format", async () => {
      const repo = await repository();
      await repo.git([
        "init",
        "--bare",
        "--quiet",
        "--object-format=sha256",
        repo.directory.replace("repo-", "sha256-"),
      ]);
      await using client = testClient();
      const error = await gitError(
        client.git.resolveRef({ url: repo.url.replace("repo-", "sha256-") }, { ref: "main" }, call()),
        "GIT_UNSUPPORTED",
      );
      assert.match(error.message, /object format sha256/);
    });
  });

  describe("trees that may not be checked out", () => {
    /** Makes a commit whose `s` holds one entry that git's own tools would refuse to write. */
    const commitEntry = async (repo: ServedRepository, mode: string, name: Buffer, content = "x"): Promise<string> => {
      const blob = await repo.git(["hash-object", "-w", "--stdin"], { input: content });
      const target = mode === "160000" ? "1".repeat(40) : blob;
      const entry = Buffer.concat([Buffer.from(`${mode} `), name, Buffer.of(0), Buffer.from(target, "hex")]);
      const tree = await repo.git(["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], { input: entry });
      const root = await repo.git(["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], {
        input: Buffer.concat([Buffer.from("40000 s\0"), Buffer.from(tree, "hex")]),
      });
      return repo.git(["commit-tree", root, "-m", "odd"]);
    };
    const names: readonly (readonly [string, Buffer])[] = [
      ["B41", Buffer.from("..")],
      ["B41", Buffer.from("a\\..\\b")],
      ["B42", Buffer.from(".GIT")],
      ["B42", Buffer.from(".g\u200cit")],
      ["B43", Buffer.alloc(256, 0x61)],
      ["B44", Buffer.of(0x61, 0xff)],
    ];
    for (const [row, name] of names) {
      test(`${row}: an entry ${JSON.stringify(name.toString("latin1").slice(0, 12))} names its path`, async () => {
        const repo = await repository();
        const commit = await commitEntry(repo, "100644", name);
        await using client = testClient();
        const error = await gitError(
          client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call()),
          "GIT_PATH",
        );
        assert.match(error.message, /^path "s\//);
        // Beside the subPath it hurts nobody.
        assert.equal(
          (await client.git.treeIdsOf({ url: repo.url }, { commit, subPaths: ["s"] }, call())).treeIds.size,
          1,
        );
      });
    }

    test("B47: a submodule below the subPath is refused by its path, elsewhere it is not looked at", async () => {
      const repo = await repository();
      const commit = await commitEntry(repo, "160000", Buffer.from("vendor"));
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call());
      assert.throws(() => snapshot.files("s"), /submodule "s\/vendor" is not supported by lateen yet/);
    });

    test("B37: an unknown mode names the tree", async () => {
      const repo = await repository();
      const commit = await commitEntry(repo, "100600", Buffer.from("x"));
      await using client = testClient();
      await gitError(client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call()), "GIT_OBJECT");
    });

    test("B38, L7, T10: trees that expand to a billion paths stop at the file limit during the walk", async () => {
      const repo = await repository();
      let id = await repo.git(["hash-object", "-w", "--stdin"], { input: "x" });
      let mode = "100644";
      for (let level = 0; level < 10; level++) {
        const entries = "abcdefghij"
          .split("")
          .map((name) => `${mode} ${mode === "40000" ? "tree" : "blob"} ${id}\t${name}\n`);
        id = await repo.git(["mktree"], { input: entries.join("").replaceAll("40000", "040000") });
        mode = "40000";
      }
      const commit = await repo.git(["commit-tree", id, "-m", "bomb"]);
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: [""] }, call());
      assert.throws(() => snapshot.files(""), /limit maxFiles = 10,000/);
    });

    const limited = [
      {
        limit: "maxFiles",
        max: 3,
        fits: { "s/a": "1", "s/b": "2", "s/c": "3" },
        tooMuch: { "s/a": "1", "s/b": "2", "s/c": "3", "s/d": "4" },
      },
      {
        limit: "maxTotalBytes",
        max: 10,
        fits: { "s/a": "12345", "s/b": "12345" },
        tooMuch: { "s/a": "12345", "s/b": "123456" },
      },
      { limit: "maxPathDepth", max: 3, fits: { "s/1/2/3": "x" }, tooMuch: { "s/1/2/3/4": "x" } },
      // Commits and trees are objects too.
      { limit: "maxBlobBytes", max: 1000, fits: { "s/a": "x".repeat(1000) }, tooMuch: { "s/a": "x".repeat(1001) } },
    ];
    for (const { limit, max, fits, tooMuch } of limited) {
      test(`L6, L7: ${limit} lets through what fits and names itself above`, async () => {
        const repo = await repository();
        const good = await repo.commitFiles(fits);
        const bad = await repo.commitFiles(tooMuch);
        await using client = testClient({ limits: { [limit]: max } });
        const read = async (commit: string): Promise<number> =>
          (await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call())).files("s").size;
        assert.ok((await read(good)) > 0);
        assert.match((await gitError(read(bad), "GIT_LIMIT")).message, new RegExp(`limit ${limit} = `));
      });
    }
  });

  describe("caches", () => {
    test("T9: an object that the cache answers wrongly is fetched again", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "s/a.yml": "true" });
      const inner = createMemoryObjectCache();
      let lies = false;
      const lying: ObjectCache = {
        put: (scope, oid, object) => inner.put(scope, oid, object),
        get: async (scope, oid) => {
          const object = await inner.get(scope, oid);
          return lies && object?.type === "blob" ? { type: "blob", bytes: Buffer.from("evil") } : object;
        },
      };
      await using client = testClient({ objects: lying });
      const read = async (): Promise<Record<string, string>> =>
        texts((await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call())).files("s"));
      assert.deepEqual(await read(), { "a.yml": "true" });
      lies = true;
      assert.deepEqual(await read(), { "a.yml": "true" });
    });

    test("T13: what one repository gave is not handed to another", async () => {
      const one = await repository();
      const other = await repository();
      const commit = await one.commitFiles({ "s/a.yml": "secret" });
      await other.commitFiles({ b: "1" });
      await using client = testClient();
      await client.git.fetchSubPaths({ url: one.url }, { commit, subPaths: ["s"] }, call());
      await gitError(
        client.git.fetchSubPaths({ url: other.url }, { commit, subPaths: ["s"] }, call()),
        "GIT_NOT_OUR_REF",
      );
    });

    test("a cache that fails costs requests, not the fetch", async () => {
      const repo = await repository();
      const commit = await repo.commitFiles({ "s/a.yml": "x" });
      const broken: ObjectCache = {
        get: () => Promise.reject(new Error("disk")),
        put: () => Promise.reject(new Error("disk")),
      };
      await using client = testClient({ objects: broken });
      const snapshot = await client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call());
      assert.deepEqual(texts(snapshot.files("s")), { "a.yml": "x" });
    });

    test("the memory cache stays below its bound, the least recently used going first", async () => {
      const cache = createMemoryObjectCache({ maxBytes: 3 * (1000 + 256) });
      const put = (oid: string): Promise<void> => cache.put("r", oid, { type: "blob", bytes: new Uint8Array(1000) });
      for (const oid of ["a", "b", "c"]) await put(oid);
      await cache.get("r", "a");
      await put("d");
      const kept = await Promise.all(
        ["a", "b", "c", "d"].map(async (oid) => (await cache.get("r", oid)) !== undefined),
      );
      assert.deepEqual(kept, [true, false, true, true]);
    });
  });

  describe("history that moves", () => {
    const layout = { "s/a.yml": "old" };
    test("B26, F32: a commit that is gone is looked up again by its ref; one commit is read, never a mix", async () => {
      const repo = await repository();
      const old = await repo.commitFiles(layout);
      const now = await repo.commitFiles({ "s/a.yml": "new" }, { orphan: true });
      await repo.git(["reflog", "expire", "--expire=now", "--all"]);
      await repo.git(["gc", "--prune=now", "--quiet"]);
      await using client = testClient();
      const snapshot = await client.git.fetchSubPaths(
        { url: repo.url },
        { commit: old, ref: "origin/main", subPaths: ["s"] },
        call(),
      );
      assert.equal(snapshot.commit, now);
      assert.deepEqual(texts(snapshot.files("s")), { "a.yml": "new" });
      assert.match(snapshot.notes.join(), new RegExp(`moved from ${old} to ${now}`));
    });

    test("B26: without a ref the missing commit is an error by its id", async () => {
      const repo = await repository();
      await repo.commitFiles(layout);
      await using client = testClient();
      const commit = "8".repeat(40);
      const error = await gitError(
        client.git.fetchSubPaths({ url: repo.url }, { commit, subPaths: ["s"] }, call()),
        "GIT_NOT_OUR_REF",
      );
      assert.match(error.message, new RegExp(`not our ref ${commit}`));
    });

    test("F34: a branch that is deleted is an error naming it", async () => {
      const repo = await repository();
      await repo.commitFiles(layout);
      await repo.commitFiles(layout, { branch: "gone" });
      await using client = testClient();
      await client.git.resolveRef({ url: repo.url }, { ref: "origin/gone" }, call());
      await repo.git(["update-ref", "-d", "refs/heads/gone"]);
      assert.match(
        (await gitError(client.git.resolveRef({ url: repo.url }, { ref: "origin/gone" }, call()), "GIT_REF")).message,
        /gone/,
      );
    });
  });
});
