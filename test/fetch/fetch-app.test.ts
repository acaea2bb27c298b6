import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type AppSpec, parseApp } from "../../src/app/index.ts";
import { fetchApp, type FetchDeps, type FetchResult, type FetchSuccess } from "../../src/fetch/index.ts";
import { type GitServer, type ServedRepository, startGitServer } from "../support/git-server.ts";
import { call, testClient, texts, withoutGit } from "../git/support.ts";

type Data = Readonly<Record<string, Readonly<Record<string, string>>>>;
interface Inputs {
  readonly secrets?: Data;
  readonly configMaps?: Data;
}

function specOf(fetch: readonly unknown[]): AppSpec {
  const object = {
    apiVersion: "kappctrl.k14s.io/v1alpha1",
    kind: "App",
    metadata: { name: "app", namespace: "ns", uid: "u", generation: 1 },
    spec: { fetch },
  };
  // Through text, as from an API server: fields that are undefined go.
  const parsed = parseApp(JSON.parse(JSON.stringify(object)) as Parameters<typeof parseApp>[0]);
  assert.ok("app" in parsed, JSON.stringify(parsed));
  return parsed.app.spec;
}

/** Runs the fetch step of an App with these entries. */
async function run(fetch: readonly unknown[], inputs: Inputs = {}): Promise<FetchResult> {
  await using client = testClient();
  const reader =
    (data: Data | undefined): FetchDeps["secret"] =>
    async (name) => {
      const object = data?.[name];
      return object === undefined
        ? undefined
        : new Map(Object.entries(object).map(([key, value]) => [key, Buffer.from(value)]));
    };
  return await fetchApp(
    specOf(fetch),
    { git: client.git, secret: reader(inputs.secrets), configMap: reader(inputs.configMaps) },
    call(),
  );
}

async function succeed(fetch: readonly unknown[], inputs?: Inputs): Promise<FetchSuccess> {
  const result = await run(fetch, inputs);
  assert.ok(result.ok, result.ok ? "" : `${result.error}\n${result.stderr}`);
  return result;
}

const useful = "Fetching resources: Error (see .status.usefulErrorMessage for details)";

/** The vendir text of a failed fetch, its frame checked. */
async function vendirError(fetch: readonly unknown[], inputs?: Inputs): Promise<string> {
  const result = await run(fetch, inputs);
  assert.ok(!result.ok);
  assert.deepEqual([result.error, result.exitCode], [useful, 1]);
  return result.stderr;
}

describe("inline", () => {
  const paths = (files: Readonly<Record<string, string>>): unknown => ({ inline: { paths: files } });

  test("one entry without a path is its own root", async () => {
    const { files, lock, sources } = await succeed([paths({ "b/c.yml": "c", "a.yml": "a" })]);
    assert.deepEqual(texts(files), { "a.yml": "a", "b/c.yml": "c" });
    assert.deepEqual([...files.keys()], ["a.yml", "b/c.yml"]);
    assert.equal(
      lock,
      'apiVersion: vendir.k14s.io/v1alpha1\ndirectories:\n- contents:\n  - inline: {}\n    path: .\n  path: "0"\nkind: LockConfig\n',
    );
    assert.deepEqual(sources, []);
  });

  test("several entries, or a path, make folders; indices keep their place", async () => {
    assert.deepEqual(
      texts(
        (await succeed([paths({ a: "1" }), { ...Object(paths({ a: "2" })), path: "x/y" }, paths({ a: "3" })])).files,
      ),
      { "0/a": "1", "2/a": "3", "x/y/a": "2" },
    );
    assert.deepEqual(texts((await succeed([{ ...Object(paths({ a: "1" })), path: "foo" }])).files), { "foo/a": "1" });
  });

  test("keys of Secrets and ConfigMaps come after paths, in order, below their directories", async () => {
    const entry = {
      inline: {
        paths: { a: "paths", b: "paths" },
        pathsFrom: [
          { secretRef: { name: "s" } },
          { configMapRef: { name: "c", directoryPath: "d/e" } },
          { secretRef: { name: "t" } },
        ],
      },
    };
    const { files } = await succeed([entry], {
      secrets: { s: { a: "s", k: "s" }, t: { k: "t" } },
      configMaps: { c: { a: "c" } },
    });
    assert.deepEqual(texts(files), { a: "s", b: "paths", "d/e/a": "c", k: "t" });
  });

  test("names that JavaScript knows are data", async () => {
    const entry = { inline: { paths: JSON.parse('{"__proto__": "1", "constructor/toString": "2"}') as unknown } };
    assert.deepEqual([...(await succeed([entry])).files.keys()], ["__proto__", "constructor/toString"]);
  });

  const frame = "vendir: Error: Syncing directory '0':\n  Syncing directory '.' with inline contents:\n    ";
  const bad = [
    { name: "B58: a key that climbs out", entry: paths({ "../x": "1" }), stderr: `${frame}Invalid path: ../x\n` },
    { name: "B58: a key that is the root", entry: paths({ ".": "1" }), stderr: `${frame}Invalid path: .\n` },
    {
      name: "a file where a folder is",
      entry: paths({ "a/b": "1", a: "2" }),
      stderr: `${frame}open a: is a directory\n`,
    },
    {
      name: "a folder where a file is",
      entry: paths({ a: "2", "a/b": "1" }),
      stderr: `${frame}mkdir a: not a directory\n`,
    },
    {
      name: "neither kind of source",
      entry: { inline: { pathsFrom: [{}] } },
      stderr: `${frame}Expected either secretRef or configMapRef as a source\n`,
    },
    {
      name: "nothing",
      entry: { inline: {} },
      stderr:
        "vendir: Error: Syncing directory '0':\n  Filtering paths in directory '.':\n    Expected to find at least one file within directory\n",
    },
  ];
  for (const { name, entry, stderr } of bad) {
    test(`${name} fails`, async () => {
      assert.equal(await vendirError([entry]), stderr);
    });
  }

  test("a directoryPath may not climb out either", async () => {
    const entry = { inline: { pathsFrom: [{ secretRef: { name: "s", directoryPath: "../.." } }] } };
    assert.equal(await vendirError([entry], { secrets: { s: { k: "1" } } }), `${frame}Invalid path: ../../k\n`);
  });

  test("one ConfigMap in two references fails as in vendir", async () => {
    const entry = { inline: { pathsFrom: [{ configMapRef: { name: "c" } }] } };
    assert.equal(
      await vendirError([entry, entry], { configMaps: { c: { k: "1" } } }),
      `${frame}Expected to find one config map 'c', but found multiple\n`,
    );
  });

  const missing = [
    { name: "Secret", source: { secretRef: { name: "x" } }, error: 'Fetching: secrets "x" not found' },
    { name: "ConfigMap", source: { configMapRef: { name: "y" } }, error: 'Fetching: configmaps "y" not found' },
  ];
  for (const { name, source, error } of missing) {
    test(`B58: a missing ${name} is named, before anything is fetched`, async () => {
      const result = await run([paths({ "../x": "1" }), { inline: { pathsFrom: [source] } }]);
      assert.ok(!result.ok);
      assert.deepEqual([result.error, result.stderr, result.exitCode], [error, "", -1]);
    });
  }
});

describe("entries", () => {
  test("without any, and with kinds that cannot be fetched, nothing begins", async () => {
    const cases = [
      { fetch: [], error: /^Expected at least one fetch option$/ },
      { fetch: [{}], error: /^Fetching \(0\): Unsupported way to fetch templates$/ },
      {
        fetch: [{ inline: { paths: { a: "1" } } }, { http: { url: "https://x" } }],
        error: /^Fetching \(1\): .*http is not supported by lateen yet/,
      },
      { fetch: [{ image: { url: "x" } }], error: /image is not supported/ },
      { fetch: [{ imgpkgBundle: { image: "x" } }], error: /imgpkgBundle is not supported/ },
      { fetch: [{ helmChart: { name: "x" } }], error: /helmChart is not supported/ },
    ];
    for (const { fetch, error } of cases) {
      const result = await run(fetch);
      assert.ok(!result.ok);
      assert.match(result.error, error);
      assert.deepEqual([result.stderr, result.exitCode], ["", -1]);
    }
  });

  const at = (path: string): unknown => ({ inline: { paths: { a: "1" } }, path });
  const frame = "vendir: Error: Parsing resource config '-':\n  Unmarshaling config:\n    Validating config:\n      ";
  const bad = [
    { paths: ["x", "x/y"], detail: "Expected to not manage overlapping paths: 'x/y' and 'x'\n" },
    { paths: ["x/y", "x"], detail: "Expected to not manage overlapping paths: 'x/y' and 'x'\n" },
    { paths: ["x", "./x/"], detail: "Expected to not manage overlapping paths: 'x' and 'x'\n" },
    {
      paths: ["."],
      detail: "Validating directory '.' (0):\n        Expected path to not be one of '/', '.', '..', ''\n",
    },
    {
      paths: ["a", "/"],
      detail: "Validating directory '/' (1):\n        Expected path to not be one of '/', '.', '..', ''\n",
    },
    { paths: ["../x"], detail: "Expected path '../x' of fetch entry 0 to stay inside the fetch directory\n" },
    { paths: ["a", "/etc"], detail: "Expected path '/etc' of fetch entry 1 to stay inside the fetch directory\n" },
  ];
  for (const { paths, detail } of bad) {
    test(`B58: paths ${paths.join(" and ")} are refused`, async () => {
      assert.equal(await vendirError(paths.map(at)), frame + detail);
    });
  }
});

describe("git", { skip: withoutGit }, () => {
  let server: GitServer;
  let repo: ServedRepository;
  let first = "";
  let second = "";
  const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n";
  before(async () => {
    server = await startGitServer();
    repo = await server.createRepository("gitops");
    first = await repo.commitFiles({ "app/a.yml": "a: 1\n" }, { tags: ["v1.0.0"] });
    second = await repo.commitFiles(
      {
        "README.md": "hi",
        "app/a.yml": "a: 2\n",
        "app/sub/b.yml": "b: 1\n",
        "lib/c.yml": "c: 1\n",
        "links/inside": { link: "dir/x.yml" },
        "links/dir/x.yml": "x",
        "links/dir/up": { link: "../dir/./x.yml" },
        "links/todir": { link: "dir" },
        "links/through": { link: "todir/x.yml" },
        "lfs/big.yml": lfs,
        "picture/big.png": lfs,
      },
      { message: "Second: it's here\n\nwith a body" },
    );
  });
  after(() => server.close());
  const git = (fields: Readonly<Record<string, unknown>>): unknown => ({
    git: { url: repo.url, ref: "origin/main", ...fields },
  });
  const frame =
    "vendir: Error: Syncing directory '0':\n  Syncing directory '.' with git contents:\n    Fetching git repository:\n      ";

  test("a subPath becomes the root; commit, title and tree id are told", async () => {
    const { files, lock, sources, stats } = await succeed([git({ subPath: "./app/" })]);
    assert.deepEqual(texts(files), { "a.yml": "a: 2\n", "sub/b.yml": "b: 1\n" });
    assert.equal(
      lock,
      `apiVersion: vendir.k14s.io/v1alpha1\ndirectories:\n- contents:\n  - git:\n      commitTitle: 'Second: it''s here...'\n      sha: ${second}\n    path: .\n  path: "0"\nkind: LockConfig\n`,
    );
    assert.deepEqual(
      sources.map(({ step, ...rest }) => ({ ...rest, url: step.url === rest.url })),
      [
        {
          url: true,
          ref: "origin/main",
          commit: second,
          commitTitle: "Second: it's here...",
          subPath: "./app/",
          treeId: await repo.git(["rev-parse", `${second}:app`]),
        },
      ],
    );
    assert.equal(stats.files, 2);
  });

  test("entries of one repository and ref share one listing and one fetch", async () => {
    server.clearRequests();
    const { files, stats } = await succeed([
      git({ subPath: "app" }),
      git({ subPath: "lib" }),
      git({ subPath: "app/sub" }),
    ]);
    assert.deepEqual([...files.keys()], ["0/a.yml", "0/sub/b.yml", "1/c.yml", "2/b.yml"]);
    assert.deepEqual(
      server.requests.map(({ command }) => command),
      [undefined, "ls-refs", "fetch", "fetch", "fetch"],
    );
    assert.equal(stats.requests, 5);
  });

  test("tags: on the commit, and with full history the nearest before it", async () => {
    assert.match((await succeed([git({ ref: "v1.0.0" })])).lock, /tags:\n {6}- v1.0.0\n/);
    assert.doesNotMatch((await succeed([git({ subPath: "app" })])).lock, /tags/);
    assert.match(
      (await succeed([git({ depth: 0, subPath: "app" })])).lock,
      new RegExp(`tags:\\n {6}- v1.0.0-1-g${second.slice(0, 7)}\\n`),
    );
  });

  test("a bare id of a tip is taken, another one with depth 0 or behind origin/", async () => {
    for (const fields of [{ ref: second }, { ref: first }, { ref: first, depth: 0 }])
      assert.ok((await run([git({ ...fields, subPath: "app" })])).ok);
    const third = await repo.commitFiles({ "app/a.yml": "a: 3\n" }, { branch: "old" });
    await repo.commitFiles({ "app/a.yml": "a: 4\n" }, { branch: "old" });
    assert.match(
      await vendirError([git({ ref: third, subPath: "app" })]),
      new RegExp(`reference is not a tree: ${third}`),
    );
    for (const fields of [{ ref: third, depth: 0 }, { ref: `origin/${third}` }]) {
      assert.deepEqual(texts((await succeed([git({ ...fields, subPath: "app" })])).files), { "a.yml": "a: 3\n" });
    }
  });

  test("refSelection takes the highest tag in the range", async () => {
    const { sources } = await succeed([
      git({ ref: undefined, refSelection: { semver: { constraints: ">=1.0.0" } }, subPath: "app" }),
    ]);
    assert.deepEqual(
      sources.map(({ ref, commit }) => [ref, commit]),
      [["v1.0.0", first]],
    );
  });

  const bad = [
    { name: "no URL", fields: { url: undefined }, detail: /^Expected non-empty URL\n$/ },
    { name: "no ref", fields: { ref: undefined }, detail: /^Expected either ref or ref selection to be specified\n$/ },
    {
      name: "B24: a missing branch",
      fields: { ref: "origin/gone" },
      detail: /^couldn't find remote ref gone \(nearest: /,
    },
    { name: "B24: a missing bare ref", fields: { ref: "gone" }, detail: /^pathspec 'gone' did not match/ },
    {
      name: "B25: a bad constraint",
      fields: { ref: undefined, refSelection: { semver: { constraints: "^1.0.0" } } },
      detail: /^Selecting versions: Parsing version constraint '\^1.0.0'/,
    },
    {
      name: "B25: no version",
      fields: { ref: undefined, refSelection: { semver: { constraints: ">9.0.0" } } },
      detail: /^Expected to find at least one version, but did not \(details: all=1 /,
    },
    {
      name: "B13: another scheme",
      fields: { url: "git://example.com/x" },
      detail: /^bad repository URL: the scheme git: is not allowed/,
    },
    { name: "SSH", fields: { url: "git@github.com:a/b" }, detail: /^git over SSH is not supported by lateen yet/ },
    { name: "B49: a git-lfs pointer", fields: { subPath: "lfs" }, detail: /^file "lfs\/big.yml" is a git-lfs pointer/ },
    {
      name: "B49: a git-lfs pointer in YAML, although pointers are asked for",
      fields: { subPath: "lfs", lfsSkipSmudge: true },
      detail: /^file "lfs\/big.yml" is a git-lfs pointer/,
    },
  ];
  for (const { name, fields, detail } of bad) {
    test(`${name} fails in vendir's frame`, async () => {
      const stderr = await vendirError([git(fields)]);
      assert.ok(stderr.startsWith(frame), stderr);
      assert.match(stderr.slice(frame.length), detail);
    });
  }

  test("git-lfs pointers that no template reads are kept where the App asks for them", async () => {
    assert.deepEqual(texts((await succeed([git({ subPath: "picture", lfsSkipSmudge: true })])).files), {
      "big.png": lfs,
    });
    assert.match(await vendirError([git({ subPath: "picture" })]), /"picture\/big.png" is a git-lfs pointer/);
  });

  const subPaths = [
    {
      subPath: "nope",
      stderr:
        "Expected directory 'nope' (subpath) to exist (found other directories: .git, app, lfs, lib, links, picture)",
    },
    {
      subPath: "app/nope",
      stderr: "Expected directory 'app/nope' (subpath) to exist (found other directories: app/sub)",
    },
    { subPath: "../x", stderr: "Invalid path: ../x" },
    { subPath: "app/a.yml", stderr: "Expected 'app/a.yml' (subpath) to be a directory, but 'app/a.yml' is a file" },
    {
      subPath: "links/todir",
      stderr: "Expected 'links/todir' (subpath) to be a directory, but 'links/todir' is a symlink",
    },
  ];
  for (const { subPath, stderr } of subPaths) {
    test(`B46: subPath ${subPath} is refused by its name, nothing else is fetched instead`, async () => {
      const text = await vendirError([git({ subPath: "app" }), git({ subPath })]);
      assert.equal(text, `vendir: Error: Syncing directory '1':\n  Changing to new root path '.':\n    ${stderr}\n`);
    });
  }

  describe("symbolic links", () => {
    test("inside the entry stay links", async () => {
      const { files } = await succeed([git({ subPath: "links" })]);
      assert.deepEqual(
        [...files].map(([path, { mode }]) => `${path} ${mode}`),
        ["dir/up symlink", "dir/x.yml file", "inside symlink", "through symlink", "todir symlink"],
      );
    });

    const bad = [
      {
        name: "to a sibling folder",
        link: "../shared/s.yml",
        stderr: "Unable to resolve symlink: lstat 0/../shared: no such file or directory (link app/s.yml)",
      },
      {
        name: "to the parent",
        link: "../..",
        at: "app/deep/s",
        stderr: 'Invalid symlink found to outside parent directory: "0/.." (link deep/s)',
        subPath: "app",
      },
      {
        name: "absolute",
        link: "/etc/passwd",
        stderr: 'Invalid symlink found to outside parent directory: "/etc/passwd" (link app/s.yml)',
      },
      {
        name: "to the environment of a process",
        link: "/proc/self/environ",
        stderr: 'Invalid symlink found to outside parent directory: "/proc/self/environ" (link app/s.yml)',
      },
      {
        name: "dangling",
        link: "none.yml",
        stderr: "Unable to resolve symlink: lstat 0/none.yml: no such file or directory (link app/s.yml)",
      },
      {
        name: "through a file",
        link: "a.yml/x",
        stderr: "Unable to resolve symlink: lstat 0/a.yml/x: not a directory (link app/s.yml)",
      },
      {
        name: "to itself",
        link: "s.yml",
        stderr: "Unable to resolve symlink: EvalSymlinks: too many links (link app/s.yml)",
      },
      {
        name: "with NUL",
        link: "a\0b",
        stderr: "Unable to resolve symlink: readlink 0/s.yml: invalid name (link app/s.yml)",
      },
      {
        name: "of a megabyte",
        link: "a/".repeat(500_000),
        stderr: "Unable to resolve symlink: readlink 0/s.yml: file name too long or empty (link app/s.yml)",
      },
    ];
    for (const { name, link, stderr, at = "app/s.yml" } of bad) {
      test(`B45: ${name} are refused by name`, async () => {
        const odd = await server.createRepository(`links-${name.replaceAll(" ", "-")}`);
        await odd.commitFiles({ "app/a.yml": "a", [at]: { link }, "shared/s.yml": "s" });
        const text = await vendirError([{ git: { url: odd.url, ref: "main", subPath: "app" } }]);
        assert.equal(text, `vendir: Error: ${stderr.replace("link app/", "link ")}\n`);
      });
    }

    test("B45: chains of 40 links are followed, longer ones are not", async () => {
      const chain = await server.createRepository("chain");
      const links = (count: number): Record<string, string | { link: string }> => ({
        ...Object.fromEntries(
          Array.from({ length: count }, (_, index) => [
            `l${String(index).padStart(2, "0")}`,
            { link: index === count - 1 ? "end" : `l${String(index + 1).padStart(2, "0")}` },
          ]),
        ),
        end: "x",
      });
      await chain.commitFiles(links(40));
      assert.ok((await run([{ git: { url: chain.url, ref: "main" } }])).ok);
      await chain.commitFiles(links(41));
      assert.match(await vendirError([{ git: { url: chain.url, ref: "main" } }]), /too many links \(link l00\)/);
    });
  });

  describe("credentials", () => {
    const secret = (data: Readonly<Record<string, string>>): Inputs => ({ secrets: { creds: data } });
    const entry = git;
    test("an unknown key names itself and the Secret, never a value", async () => {
      const text = await vendirError([entry({ secretRef: { name: "creds" } })], secret({ token: "hunter2hunter2" }));
      assert.equal(text, `${frame}Unknown secret field 'token' in secret 'creds'\n`);
    });
    test("a password for a plain http URL is refused before any request", async () => {
      server.clearRequests();
      const text = await vendirError(
        [entry({ secretRef: { name: "creds" } })],
        secret({ username: "ada", password: "opensesame" }),
      );
      assert.equal(text, `${frame}Username/password authentication is only supported for https remotes\n`);
      assert.equal(server.requests.length, 0);
    });
    test("a missing Secret is named before anything is fetched", async () => {
      const result = await run([entry({ secretRef: { name: "creds" } })]);
      assert.ok(!result.ok);
      assert.deepEqual([result.error, result.exitCode], ['Fetching: secrets "creds" not found', -1]);
    });
    test("keys for SSH beside an https URL do no harm", async () => {
      assert.ok((await run([entry({ secretRef: { name: "creds" } })], secret({ "ssh-privatekey": "x" }))).ok === false);
    });
  });

  test("the cause of a failure tells whether to come back", async () => {
    const result = await run([git({ url: `${server.url}/none.git` })]);
    assert.ok(!result.ok);
    assert.match(result.stderr, /repository 'http:\/\/127.0.0.1:\d+\/none.git\/' not found/);
    assert.ok(result.cause instanceof Error);
  });

  test("abort ends the fetch with the caller's reason", async () => {
    await using client = testClient();
    const deps: FetchDeps = { git: client.git, secret: async () => undefined, configMap: async () => undefined };
    await assert.rejects(fetchApp(specOf([git({})]), deps, { signal: AbortSignal.abort(new Error("stop")) }), /stop/);
  });
});
