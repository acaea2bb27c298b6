import assert from "node:assert/strict";
import { it } from "node:test";
import { render } from "../../../src/ytt/index.ts";

const cases: readonly {
  readonly name: string;
  readonly code: string;
  readonly annotation: string;
  readonly limit: string;
}[] = [
  {
    name: "a rule that never ends is no failing rule",
    code: "#@ def check(value):\n#@   while True:\n#@     value += 1\n#@   end\n#@ end\n",
    annotation: '("endless", check)',
    limit: "steps",
  },
  {
    name: "nor is a when= that never ends",
    code: "#@ def check(value):\n#@   while True:\n#@     value += 1\n#@   end\n#@ end\n",
    annotation: "min=1, when=check",
    limit: "steps",
  },
  {
    name: "a few lists that hold one another are not shown without end",
    code: "#@ big = [1]\n#@ for i in range(60):\n#@   big = [big, big]\n#@ end\n",
    annotation: "one_of=big",
    limit: "message length",
  },
];

for (const { name, code, annotation, limit } of cases) {
  it(name, () => {
    const schema = `${code}#@data/values-schema\n---\n#@schema/validation ${annotation}\na: 1\n`;
    const files = [{ path: "schema.yml", bytes: new TextEncoder().encode(schema) }];
    const result = render(files, { limits: { starlark: { maxSteps: 100_000 } } });
    assert.ok(!result.ok);
    assert.equal(result.error.limit, limit);
  });
}
