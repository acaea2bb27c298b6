import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, createRedactor } from "../../src/base/index.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void, secret = "canary-secret"): readonly string[] {
  const lines: string[] = [];
  const redactor = createRedactor();
  redactor.add(secret);
  write(createLog({ write: (line) => lines.push(line), now: () => 0, redactor }));
  return lines;
}

test("a line is one JSON object with the fields of its log", () => {
  const lines = logged((log) => log.child({ app: "ns/shop" }).warn("slow", { ms: 12 }));
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    [{ time: "1970-01-01T00:00:00.000Z", level: "warn", message: "slow", app: "ns/shop", ms: 12 }],
  );
});

test("a line that is too long stays JSON, keeps the ends of long texts and says that it was shortened (L28)", () => {
  const error = `begin ${"x".repeat(100_000)} end`;
  const [line = ""] = logged((log) => log.error("run failed", { app: "ns/shop", error }));
  assert.ok(line.length <= 16_384);
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
  assert.deepEqual([entry["message"], entry["app"], entry["clipped"]], ["run failed", "ns/shop", true]);
  assert.match(String(entry["error"]), /^begin x+ … x+ end$/);
});

test("of many long fields the largest are left out", () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`field${index}`, "y".repeat(3_000 + index)]),
  );
  const [line = ""] = logged((log) => log.error("run failed", { app: "ns/shop", ...many }));
  assert.ok(line.length <= 16_384);
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
  assert.equal(entry["app"], "ns/shop");
  assert.match(String(entry["field19"]), /^\[left out: \d+ characters\]$/);
});

test("secrets are removed before a line is shortened, so that no half of one is left (T14)", () => {
  const secret = `secret-${"s".repeat(6_000)}`;
  const [line = ""] = logged((log) => log.error("run failed", { error: `${"x".repeat(20_000)}${secret}` }), secret);
  assert.doesNotMatch(line, /ssss/);
});

test("of very many small fields so many are left out that the line fits", () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`field${index}`, "0123456789"]));
  const [line = ""] = logged((log) => log.error("run failed", many));
  assert.ok(line.length <= 16_384, `${line.length}`);
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
  assert.equal(entry["clipped"], true);
});

test("a field that holds itself is told as such, and nothing throws", () => {
  const field: Record<string, unknown> = { name: "shop" };
  field["self"] = field;
  const error = new Error("failed");
  const [line = ""] = logged((log) => log.error("run failed", { field, twice: [error, error] }));
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
  assert.deepEqual(entry["field"], { name: "shop", self: "[circular]" });
  assert.match(line, /failed.*failed/);
});
