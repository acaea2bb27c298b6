import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { reference } from "../../scripts/reference.ts";

test("docs/reference.md says what the code says (npm run docs writes it)", async () => {
  const file = fileURLToPath(new URL("../../docs/reference.md", import.meta.url));
  assert.equal(readFileSync(file, "utf8"), await reference());
});
