import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { GitError, objectId } from "../../src/git/index.ts";
import { parseCommit } from "../../src/git/pack/commit.ts";
import { childPath } from "../../src/git/pack/entry-name.ts";
import { parseTree } from "../../src/git/pack/tree.ts";

const oid = "1".repeat(40);

describe("tree", () => {
  test("entries come with their kinds, historic 100664 too", () => {
    const bytes = tree(
      ["100755", "a"],
      ["100664", "b"],
      ["40000", "c"],
      ["120000", "d"],
      ["160000", "e"],
      ["100644", "f"],
    );
    assert.deepEqual(
      parseTree(oid, { type: "tree", bytes }).map(({ kind, name }) => `${Buffer.from(name).toString()} ${kind}`),
      ["a executable", "b file", "c directory", "d symlink", "e submodule", "f file"],
    );
  });

  test("directories sort as if they ended in a slash", () => {
    const bytes = tree(["100644", "a.b"], ["40000", "a"], ["100644", "a0"]);
    assert.equal(parseTree(oid, { type: "tree", bytes }).length, 3);
  });

  const bad = [
    { name: "unsorted", bytes: tree(["100644", "b"], ["100644", "a"]), error: /is not sorted at "a"/ },
    {
      name: "sorted as a file where a directory is",
      bytes: tree(["40000", "a"], ["100644", "a.b"]),
      error: /is not sorted/,
    },
    { name: "a name twice", bytes: tree(["100644", "a"], ["100644", "a"]), error: /two entries named "a"/ },
    {
      name: "a file and a directory of one name",
      bytes: tree(["100644", "a"], ["100644", "a.b"], ["40000", "a"]),
      error: /two entries named "a"/,
    },
    { name: "an unknown mode", bytes: tree(["100600", "a"]), error: /unknown mode 100600 at "a"/ },
    { name: "a padded mode", bytes: tree(["040000", "a"]), error: /unknown mode 040000/ },
    { name: "no name", bytes: tree(["100644", ""]), error: /without a name/ },
    { name: "cut in the id", bytes: tree(["100644", "a"]).subarray(0, -1), error: /cut short at byte 0/ },
    { name: "cut in the mode", bytes: Buffer.from("10064"), error: /cut short/ },
    { name: "a mode without end", bytes: Buffer.alloc(1000, 0x31), error: /cut short/ },
  ];
  for (const { name, bytes, error } of bad) {
    test(`B37: ${name} is an error naming the tree`, () => {
      assert.throws(
        () => parseTree(oid, { type: "tree", bytes }),
        (thrown) => thrown instanceof GitError && thrown.message.includes(oid) && error.test(thrown.message),
      );
    });
  }

  test("B35: a blob where a tree is expected names the id", () => {
    assert.throws(() => parseTree(oid, { type: "blob", bytes: tree() }), new RegExp(`${oid} is a blob, not a tree`));
  });

  test("any bytes give entries or a GitError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          parseTree(oid, { type: "tree", bytes });
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
    );
  });
});

describe("names of a tree", () => {
  const good = [
    "a.yml",
    ".github",
    ".gitignore",
    ".gitmodules",
    "git",
    "x.git",
    "git~2",
    "a b",
    "ümlaut",
    "日本",
    "ab:c",
    "..a",
    "-rf",
    "*",
    "~",
    "__proto__",
    "con",
  ];
  for (const name of good) {
    test(`${JSON.stringify(name)} may be a path`, () => {
      assert.equal(childPath("dir", Buffer.from(name)), `dir/${name}`);
    });
  }

  const bad: readonly (readonly [string, string | Buffer])[] = [
    ["B41", "."],
    ["B41", ".."],
    ["B41", ""],
    ["B41", "a/b"],
    ["B41", "/"],
    ["B41", "a\\b"],
    ["B41", "..\\x"],
    ["B41", "C:x"],
    ["B42", ".git"],
    ["B42", ".GIT"],
    ["B42", ".Git"],
    ["B42", "git~1"],
    ["B42", "GIT~1"],
    ["B42", ".git."],
    ["B42", ".git "],
    ["B42", ".git . ."],
    ["B42", ".git::$INDEX_ALLOCATION"],
    ["B42", ".git:stream"],
    ["B42", ".g\u200cit"],
    ["B42", "\ufeff.git"],
    ["B42", ".gi\u202et"],
    ["B43", "x".repeat(256)],
    ["B44", Buffer.from([0x61, 0xff, 0x62])],
    ["B44", Buffer.from([0xc0, 0xae])],
  ];
  for (const [row, name] of bad) {
    test(`${row}: ${JSON.stringify(Buffer.from(name).toString("latin1").slice(0, 30))} is refused by its escaped path`, () => {
      assert.throws(
        () => childPath("dir", Buffer.from(name)),
        (thrown) =>
          thrown instanceof GitError &&
          thrown.failure.code === "GIT_PATH" &&
          /^path "dir\/[^\u200c\u202e\ufeff]*" /.test(thrown.message),
      );
    });
  }

  test("B44: bytes that are no UTF-8 are shown as hex", () => {
    assert.throws(() => childPath("", Buffer.from([0x61, 0xff])), /path "a\\xff" is not UTF-8/);
  });

  test("B43: a path of 4,096 bytes is taken, a longer one is not", () => {
    const parent = `${"p".repeat(200)}/`.repeat(21).slice(0, 4094);
    assert.equal(childPath(parent, Buffer.from("x")).length, 4096);
    assert.throws(() => childPath(parent, Buffer.from("xy")), /over 4096 bytes/);
  });
});

describe("commit", () => {
  const header = `tree ${"2".repeat(40)}\nparent ${"3".repeat(40)}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1700000000 +0100\n`;
  const parse = (text: string): ReturnType<typeof parseCommit> =>
    parseCommit(oid, { type: "commit", bytes: Buffer.from(text) });

  test("gives tree, parents, time and title", () => {
    assert.deepEqual(parse(`${header}\nAdd it\n`), {
      tree: "2".repeat(40),
      parents: ["3".repeat(40)],
      committedAt: 1_700_000_000,
      title: "Add it",
    });
  });

  const titles = [
    { message: "one line", title: "one line" },
    { message: "first\n\nbody\n", title: "first..." },
    { message: "\n\n  first\nsecond", title: "first..." },
    { message: "", title: "" },
    { message: "red \u001b[31m and \u202e", title: "red \\u{1b}[31m and \\u{202e}" },
    { message: "x".repeat(1_000_000), title: `${"x".repeat(512)}…` },
  ];
  for (const { message, title } of titles) {
    test(`B40: the title of ${JSON.stringify(message.slice(0, 20))} is escaped and clipped`, () => {
      assert.equal(parse(`${header}\n${message}`).title, title);
    });
  }

  const bad = [
    { name: "no tree", text: "author A\n\nx", error: /does not begin with its tree/ },
    { name: "a short tree id", text: "tree 22\n\nx", error: /does not begin with its tree/ },
    { name: "NUL in the header", text: `${header}x\0y\n\nx`, error: /NUL byte/ },
  ];
  for (const { name, text, error } of bad) {
    test(`B35: ${name} is an error naming the commit`, () => {
      assert.throws(
        () => parse(text),
        (thrown) => thrown instanceof GitError && thrown.message.includes(oid) && error.test(thrown.message),
      );
    });
  }

  test("ids are the hash of type, size and bytes", () => {
    assert.equal(objectId({ type: "blob", bytes: Buffer.of() }), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    assert.equal(objectId({ type: "tree", bytes: Buffer.of() }), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  });
});

function tree(...entries: readonly (readonly [mode: string, name: string])[]): Buffer {
  return Buffer.concat(entries.flatMap(([mode, name]) => [Buffer.from(`${mode} ${name}\0`), Buffer.alloc(20, 7)]));
}
