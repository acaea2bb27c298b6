import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareVersions, parseRange, parseVersion, selectVersion, VersionError } from "../../src/fetch/index.ts";

describe("versions", () => {
  const order = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0+b1",
    "1.0.0+b1.2",
    "1.0.0+b2",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "20230321004057.0.0",
  ];
  test("are ordered by precedence, then by build metadata", () => {
    const shuffled = [...order].sort();
    const sorted = shuffled
      .map((text) => ({ text, version: parseVersion(text) }))
      .sort((a, b) => compareVersions(a.version, b.version));
    assert.deepEqual(
      sorted.map(({ text }) => text),
      order,
    );
  });

  const bad = [
    ["", "Version string empty"],
    ["1", "No Major.Minor.Patch elements found"],
    ["1.0", "No Major.Minor.Patch elements found"],
    ["latest", "No Major.Minor.Patch elements found"],
    ["v1.2.3", 'Invalid character(s) found in major number "v1"'],
    ["1.2.3.4", 'Invalid character(s) found in patch number "3.4"'],
    ["2023.03.21", 'Minor number must not contain leading zeroes "03"'],
    ["1.0.0-", "PreRelease is empty"],
    ["1.0.0-a..b", "PreRelease is empty"],
    ["1.0.0-01", 'Numeric PreRelease version must not contain leading zeroes "01"'],
    ["1.0.0-a_b", 'Invalid character(s) found in PreRelease "a_b"'],
    ["1.0.0+", "BuildMeta is empty"],
    ["18446744073709551616.0.0", 'strconv.ParseUint: parsing "18446744073709551616": value out of range'],
  ] as const;
  for (const [text, message] of bad) {
    test(`${JSON.stringify(text)} is none: ${message}`, () => {
      assert.throws(
        () => parseVersion(text),
        (error) => error instanceof VersionError && error.message === message,
      );
    });
  }
});

describe("ranges", () => {
  const versions = ["0.9.0", "1.0.0", "1.0.0+b1", "1.1.0", "1.2.0-rc.1", "1.2.0", "1.2.5", "1.3.0", "2.0.0", "3.1.4"];
  const cases: readonly (readonly [range: string, accepted: readonly string[]])[] = [
    [">=0.0.0", versions],
    ["1.0.0", ["1.0.0"]],
    ["=1.0.0", ["1.0.0"]],
    ["== 1.0.0", ["1.0.0"]],
    ["!=1.0.0", versions.filter((version) => version !== "1.0.0")],
    [">1.2.0 <2.0.0", ["1.2.5", "1.3.0"]],
    ["> 1.2.0 < 2.0.0", ["1.2.5", "1.3.0"]],
    ["<1.0.0 || >=3.0.0", ["0.9.0", "3.1.4"]],
    ["1.x", ["1.0.0", "1.0.0+b1", "1.1.0", "1.2.0-rc.1", "1.2.0", "1.2.5", "1.3.0"]],
    ["1.2.x", ["1.2.0", "1.2.5"]],
    [">=1.2.x", ["1.2.0", "1.2.5", "1.3.0", "2.0.0", "3.1.4"]],
    ["<=1.2.x", ["0.9.0", "1.0.0", "1.0.0+b1", "1.1.0", "1.2.0-rc.1", "1.2.0", "1.2.5"]],
    [">1.2.x", ["1.3.0", "2.0.0", "3.1.4"]],
    ["<1.2.x", ["0.9.0", "1.0.0", "1.0.0+b1", "1.1.0", "1.2.0-rc.1"]],
    // Quirks of kapp-controller's grammar.
    ["1 >=2.0.0", ["2.0.0", "3.1.4"]],
    ["! 1.0.0", ["1.0.0"]],
    ["1.x.x", ["1.0.0", "1.0.0+b1"]],
    ["!=1.2.x", []],
    ["^1.x", ["1.0.0"]],
    ["~1.2.x", ["1.2.0"]],
  ];
  for (const [range, accepted] of cases) {
    test(`${range} takes ${accepted.length === versions.length ? "all" : accepted.join(" ") || "none"}`, () => {
      const accepts = parseRange(range);
      assert.deepEqual(
        versions.filter((version) => accepts(parseVersion(version))),
        accepted,
      );
    });
  }

  const bad: readonly (readonly [range: string, message: string])[] = [
    ["", "Last element in range is '||'"],
    ["   ", "Last element in range is '||'"],
    ["|| 1.0.0", "First element in range is '||'"],
    ["1.0.0 ||", "Last element in range is '||'"],
    ["^1.0.0", 'Could not parse Range "^1.0.0": Could not parse comparator "^" in "^1.0.0"'],
    [">v1.5.3", 'Could not parse Range ">v1.5.3": Could not parse comparator ">v" in ">v1.5.3"'],
    ["latest", 'Could not get version from string: "latest"'],
    [
      ">=1.0",
      'Could not parse Range ">=1.0": Could not parse version "1.0" in ">=1.0": No Major.Minor.Patch elements found',
    ],
    ["1.0.0-next.1", 'Could not get version from string: "<"'],
    [">1.0.0-next.1", 'Could not get version from string: ">="'],
  ];
  for (const [range, message] of bad) {
    test(`B25: ${JSON.stringify(range)} is none: ${message}`, () => {
      assert.throws(
        () => parseRange(range),
        (error) => error instanceof VersionError && error.message === message,
      );
    });
  }

  test("any text is a range or a VersionError", () => {
    const piece = fc.constantFrom(
      "1.2.3",
      "1.x",
      "1.2.x",
      ">",
      "<=",
      "!",
      "||",
      "x",
      "-",
      "+",
      ".",
      " ",
      "0",
      "v",
      "^",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          parseRange(pieces.join(""))(parseVersion("1.2.3"));
        } catch (error) {
          assert.ok(error instanceof VersionError);
        }
      }),
    );
  });
});

describe("selection", () => {
  const tags = ["v1.0.0", "not-semver", "v1.1.0", "1.10.0", "v2.0.0", "v1.20.0-rc.1", "v1.20.0-dev.5", "v2"];
  const cases = [
    { name: "the highest", selection: { constraints: "" }, want: "v2.0.0" },
    { name: "the highest in the range, as it is spelled", selection: { constraints: "1.x" }, want: "1.10.0" },
    {
      name: "prereleases when asked for",
      selection: { constraints: "1.x", prereleaseIdentifiers: [] },
      want: "v1.20.0-rc.1",
    },
    {
      name: "only prereleases with the identifier",
      selection: { constraints: "1.x", prereleaseIdentifiers: ["dev"] },
      want: "v1.20.0-dev.5",
    },
    {
      name: "numeric identifiers as text",
      selection: { constraints: "1.x", prereleaseIdentifiers: ["5"] },
      want: "v1.20.0-dev.5",
    },
  ];
  for (const { name, selection, want } of cases) {
    test(`takes ${name}`, () => {
      assert.equal(selectVersion(tags, selection), want);
    });
  }

  test("B25: nothing left names the counts of each step", () => {
    assert.throws(() => selectVersion(tags, { constraints: ">=3.0.0" }), {
      message:
        "Expected to find at least one version, but did not (details: all=6 -> after-prereleases-filter=4 -> after-constraints-filter=0)",
    });
    assert.throws(() => selectVersion(["v1.0.0-rc.1"], { constraints: "" }), {
      message: "Expected to find at least one version, but did not (details: all=1 -> after-prereleases-filter=0)",
    });
  });
  test("B25: a bad constraint is named", () => {
    assert.throws(
      () => selectVersion(tags, { constraints: "^1.0.0" }),
      /^VersionError|Error: Selecting versions: Parsing version constraint '\^1.0.0': Could not parse/,
    );
  });
});
