/** docs/conformance.md names tests and recorded cases: they must be there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { casesFolder } from "./kube/kapp-cases/case-file.ts";

const rows = readFileSync("docs/conformance.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| test of kapp") && !line.startsWith("| of |"))
  .map((line) => line.slice(2, -2).split(" | "));

describe("the list of kapp's tests", () => {
  it("says for each what shows the same, or why nothing does", () => {
    assert.ok(rows.length > 60, `${rows.length} rows`);
    for (const row of rows) assert.notEqual((row.at(-1) ?? "").trim(), "", row.join(" | "));
  });

  it("names tests that there are", () => {
    for (const row of rows) {
      for (const [, file = "", title = ""] of (row.at(-1) ?? "").matchAll(/`(test\/\S+?)` "(.*?)"(?=;|$)/g)) {
        assert.ok(isTitleIn(title, readFileSync(file, "utf8")), `${file} has no test "${title}"`);
      }
    }
  });

  it("names recorded cases that there are", {
    skip: casesFolder() === undefined && "the recorded cases are not here",
  }, () => {
    const folder = casesFolder() ?? "";
    for (const row of rows) {
      for (const [, name = ""] of (row.at(-1) ?? "").matchAll(/case `(\S+?)`/g)) {
        assert.ok(existsSync(join(folder, name, "case.json")), `there is no case ${name}`);
      }
    }
  });
});

/** Titles may be put together: of a template, its fixed parts in their order. */
function isTitleIn(title: string, text: string): boolean {
  if (text.includes(`"${title}"`) || text.includes(`"${title} [`)) return true;
  for (const [, template = ""] of text.matchAll(/it\(`(.*?)`/g)) {
    const pattern = template
      .split(/\$\{.*?\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("(.+)");
    const found = new RegExp(`^${pattern}$`).exec(title);
    if (found !== null && found.slice(1).every((part) => text.includes(`"${part}"`))) return true;
  }
  return false;
}
