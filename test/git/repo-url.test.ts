import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  classifyAddress,
  cloudAddressPolicy,
  GitError,
  localAddressPolicy,
  maskUrl,
  parseRepoUrl,
} from "../../src/git/index.ts";

describe("repository URLs", () => {
  const good = [
    {
      url: "https://git.example.com/a/b.git",
      href: "https://git.example.com/a/b.git",
      origin: "https://git.example.com",
    },
    { url: "https://git.example.com/a/b/", href: "https://git.example.com/a/b", origin: "https://git.example.com" },
    { url: "HTTPS://Git.Example.com:443/a", href: "https://git.example.com/a", origin: "https://git.example.com" },
    { url: "http://127.0.0.1:8080/a", href: "http://127.0.0.1:8080/a", origin: "http://127.0.0.1:8080" },
  ];
  for (const { url, ...want } of good) {
    test(`${url} is taken`, () => {
      assert.deepEqual(parseRepoUrl({ url }), want);
    });
  }

  test("B16: credentials inside the URL are taken out of it", () => {
    const parsed = parseRepoUrl({ url: "https://ada:s3%40cret@git.example.com/a" });
    assert.equal(parsed.href, "https://git.example.com/a");
    assert.deepEqual(parsed.credentials, { username: "ada", password: "s3@cret", force: true });
    assert.equal(maskUrl("https://ada:s3cret@git.example.com/a"), "https://***@git.example.com/a");
  });

  const bad: readonly { readonly row: string; readonly url: string; readonly error: RegExp }[] = [
    { row: "B13", url: "ext::sh -c id", error: /blank at position/ },
    { row: "B13", url: "ext::sh", error: /scheme ext: is not allowed/ },
    { row: "B13", url: "file:///etc/passwd", error: /scheme file: is not allowed/ },
    { row: "B13", url: "fd::3", error: /scheme fd: is not allowed/ },
    { row: "B13", url: "git://example.com/x", error: /scheme git: is not allowed/ },
    { row: "B13", url: "javascript:alert(1)", error: /scheme javascript: is not allowed/ },
    { row: "B13", url: "/srv/git/x", error: /no URL/ },
    { row: "B13", url: "--upload-pack=id", error: /no URL/ },
    { row: "B13", url: "https:example.com/x", error: /is not allowed|no valid/ },
    { row: "B14", url: "ssh://-oProxyCommand=x/y", error: /git over SSH is not supported by lateen yet/ },
    { row: "B14", url: "ssh://git@github.com/a/b", error: /git over SSH is not supported by lateen yet/ },
    { row: "B14", url: "git@github.com:a/b.git", error: /git over SSH is not supported by lateen yet/ },
    { row: "B14", url: "github.com:a/b.git", error: /git over SSH is not supported by lateen yet/ },
    { row: "B14", url: "https://-x.example.com/y", error: /begins with a dash/ },
    { row: "B14", url: "https://example.com:0/y", error: /port 0/ },
    { row: "B15", url: "https://example.com/a\r\nHost: x", error: /control character or blank at position 21/ },
    { row: "B15", url: "https://example.com/a\0", error: /position 21/ },
    { row: "B15", url: "https://example.com/a%0Ab", error: /encoded line end or NUL at position 21/ },
    { row: "B15", url: "https:///x", error: /no host/ },
    { row: "B15", url: "https://user@/x", error: /no host/ },
    { row: "B15", url: "https://:443/x", error: /no host/ },
    { row: "B15", url: "https:\\\\evil.com\\x", error: /is not allowed|backslash/ },
    { row: "B15", url: "https://good.com\\@evil.com/x", error: /backslash/ },
    { row: "B15", url: "https://example.com/x?y", error: /query/ },
    { row: "B15", url: "https://example.com/x#y", error: /fragment/ },
    { row: "B15", url: "", error: /empty/ },
    { row: "B18", url: "https://exa%00mple.com/", error: /encoded/ },
    { row: "B18", url: "https://[::1/x", error: /no valid URL/ },
    { row: "B18", url: "https://999.1.1.1/x", error: /no valid URL/ },
  ];
  for (const { row, url, error } of bad) {
    test(`${row}: ${JSON.stringify(url)} is refused by its part`, () => {
      assert.throws(
        () => parseRepoUrl({ url }),
        (thrown) => thrown instanceof GitError && error.test(thrown.message),
      );
    });
  }

  test("no message shows a password", () => {
    for (const url of [
      "https://u:hunter22@/x",
      "https://u:hunter22@h:0/x",
      "https://u:hunter22@h/x?y",
      "git://u:hunter22@h/x",
      "ssh://u:hunter22@h/x",
    ]) {
      assert.throws(
        () => parseRepoUrl({ url }),
        (thrown) => thrown instanceof GitError && !thrown.message.includes("hunter22"),
      );
    }
  });
});

describe("addresses", () => {
  const classes = [
    ["1.1.1.1", "public"],
    ["2606:4700::1111", "public"],
    ["127.0.0.1", "loopback"],
    ["127.255.0.3", "loopback"],
    ["::1", "loopback"],
    ["[::1]", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::127.0.0.1", "loopback"],
    ["64:ff9b::7f00:1", "loopback"],
    ["2002:7f00:1::", "loopback"],
    ["169.254.169.254", "metadata"],
    ["::ffff:a9fe:a9fe", "metadata"],
    ["fd00:ec2::254", "metadata"],
    ["169.254.170.2", "metadata"],
    ["169.254.1.1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["10.1.2.3", "private"],
    ["172.31.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["fd12::1", "private"],
    ["224.0.0.1", "multicast"],
    ["ff02::1", "multicast"],
    ["0.0.0.0", "unspecified"],
    ["::", "unspecified"],
    ["255.255.255.255", "reserved"],
    ["192.0.2.1", "reserved"],
    ["not an address", "reserved"],
  ] as const;
  for (const [address, want] of classes) {
    test(`B18: ${address} is ${want}`, () => {
      assert.equal(classifyAddress(address), want);
    });
  }

  test("T5: a function reaches public addresses only, a developer's machine also its own network, neither a metadata service", () => {
    const allowed = (policy: typeof cloudAddressPolicy): string[] =>
      classes.filter(([address, kind]) => policy(kind, address)).map(([, kind]) => kind);
    assert.deepEqual([...new Set(allowed(cloudAddressPolicy))], ["public"]);
    assert.deepEqual([...new Set(allowed(localAddressPolicy))], ["public", "loopback", "private"]);
  });
});
