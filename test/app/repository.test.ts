import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { normalizeRepositoryUrl, refTracks } from "../../src/app/index.ts";

describe("B9 spellings of one repository have one key", () => {
  const same: readonly { readonly key: string; readonly urls: readonly string[] }[] = [
    {
      key: "github.com/acme/app",
      urls: [
        "https://github.com/acme/app",
        "https://github.com/acme/app.git",
        "https://github.com/acme/app/",
        "https://GitHub.com/Acme/App.git",
        "https://user:token@github.com/acme/app",
        "https://github.com:443/acme/app",
        "http://github.com:80/acme/app",
        "git://github.com/acme/app.git",
        "ssh://git@github.com/acme/app.git",
        "ssh://git@github.com:22/acme/app",
        "ssh://git@ssh.github.com:443/acme/app.git",
        "git@github.com:acme/app.git",
        "git@github.com:/acme/app",
        "github.com:acme/app",
        "https://github.com//acme/./app.git",
        "https://github.com/%61cme/app",
        " https://github.com/acme/app ",
        "https://github.com./acme/app",
        "https://github.com/acme/app.git?x=1#y",
      ],
    },
    {
      key: "git.example.com/Team/Sub/Repo",
      urls: ["https://git.example.com/Team/Sub/Repo.git", "git@git.example.com:Team/Sub/Repo"],
    },
    {
      key: "git.example.com:8443/a/b",
      urls: ["https://git.example.com:8443/a/b", "https://x@git.example.com:8443/a/b.git/"],
    },
    { key: "xn--bcher-kva.example/a/b", urls: ["https://bücher.example/a/b", "git@xn--bcher-kva.example:a/b"] },
    { key: "[::1]:3000/a/b", urls: ["http://[::1]:3000/a/b.git"] },
    { key: "127.0.0.1:41234/repo", urls: ["http://127.0.0.1:41234/repo.git", "http://127.0.0.1:41234/repo"] },
  ];
  for (const { key, urls } of same)
    for (const url of urls) it(`${url} is ${key}`, () => assert.equal(normalizeRepositoryUrl(url), key));

  it("paths that differ stay distinct, also by case elsewhere", () => {
    const urls = [
      "https://git.example.com/a/b",
      "https://git.example.com/A/b",
      "https://git.example.com/a%2Fb",
      "https://git.example.com:8443/a/b",
      "https://example.com/a/b",
      "https://git.example.com/a/b.git.git",
    ];
    assert.equal(new Set(urls.map(normalizeRepositoryUrl)).size, urls.length);
  });

  it("never throws, and a key is its own key", () => {
    const pieces = fc.constantFrom(
      "https://",
      "ssh://",
      "git@",
      "github.com",
      ":",
      "/",
      "//",
      "..",
      "%",
      "%zz",
      "[",
      "]",
      "@",
      ".git",
      "a",
      "?",
      "#",
      " ",
      "\n",
      "__proto__",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (text) => assert.equal(typeof normalizeRepositoryUrl(text), "string"),
      ),
    );
  });
});

describe("which pushes an App's ref follows (B8)", () => {
  const cases: readonly (readonly [ref: string, pushed: string, tracks: boolean])[] = [
    ["origin/main", "refs/heads/main", true],
    ["origin/main", "refs/heads/main2", false],
    ["origin/main", "refs/heads/other/main", false],
    ["origin/main", "refs/tags/v1", false],
    ["origin/feature/x", "refs/heads/feature/x", true],
    ["main", "refs/heads/main", true],
    ["v1.0.0", "refs/tags/v1.0.0", true],
    ["origin/v1.0.0", "refs/tags/v1.0.0", true],
    ["refs/heads/main", "refs/heads/main", true],
    ["refs/heads/main", "refs/tags/main", false],
    ["refs/tags/v1", "refs/tags/v1", true],
    ["heads/main", "refs/heads/main", true],
    ["origin/x", "refs/heads/origin/x", true],
    ["a".repeat(40), "refs/heads/main", false],
    [`origin/${"a".repeat(40)}`, `refs/heads/${"a".repeat(40)}`, false],
    ["", "refs/heads/main", false],
    ["origin/", "refs/heads/", false],
  ];
  for (const [ref, pushed, tracks] of cases)
    it(`${ref} ${tracks ? "follows" : "ignores"} ${pushed}`, () => assert.equal(refTracks(ref, pushed), tracks));
});
