import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { render, type RenderOptions, shapeYttError } from "../../../src/ytt/index.ts";

const topics: readonly { readonly topic: string; readonly options: RenderOptions }[] = [
  { topic: "types-and-defaults", options: { inspect: "data-values" } },
  { topic: "values-that-do-not-fit", options: { inspect: "data-values" } },
  { topic: "malformed-schemas", options: { inspect: "data-values" } },
  { topic: "open-api", options: { inspect: "data-values-schema" } },
  { topic: "validations", options: {} },
];

for (const { topic, options } of topics) {
  describe(topic.replaceAll("-", " "), () => {
    const text = readFileSync(new URL(`cases/${topic}.txt`, import.meta.url), "utf8");
    for (const { name, files, values, want } of text
      .split(/^#### /m)
      .slice(1)
      .map(parseCase)) {
      it(name, () => {
        const result = render(files, { ...options, dataValues: { strings: values } });
        const got = result.ok ? result.yaml : shapeYttError(result.error.message);
        assert.equal(got.trimEnd(), want.trimEnd());
      });
    }
  });
}

/**
 * A case: its name, then sections that start with `## `: files by their names, `data value KEY=TEXT`, and last `output` or `error`, as
 * ytt printed it.
 */
function parseCase(text: string) {
  const [name = "", ...sections] = text.split(/^## /m);
  const parts = sections.map((section) => {
    const end = section.indexOf("\n");
    return { title: section.slice(0, end), content: section.slice(end + 1) };
  });
  const isFile = ({ title }: { title: string }) => title.endsWith(".yml");
  return {
    name: name.trim(),
    files: parts
      .filter(isFile)
      .map(({ title, content }) => ({ path: title, bytes: new TextEncoder().encode(content) })),
    values: parts.flatMap(({ title }) => (title.startsWith("data value ") ? [title.slice("data value ".length)] : [])),
    want: parts.find(({ title }) => title === "output" || title === "error")?.content ?? "",
  };
}
