/** Where this departs from starlark-go, each for a reason. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { evaluate, run } from "./support/run.ts";

it("a function or block may be empty: starlark-go crashes", () => {
  const { printed } = run("def f():\nend\nif True:\nend\nprint(f())");
  assert.deepEqual(printed, ["None"]);
});

it("break in a function within a loop is outside of the loop: starlark-go crashes", () => {
  const { syntax } = run("for x in [1]:\n  def f():\n    break\n  end\nend\n");
  assert.deepEqual(
    syntax?.errors.map(({ message, position }) => `${position.line}: ${message}`),
    ["3: break not in a loop"],
  );
});

it("a conversion that is no ASCII is shown as it stands, not as its first byte", () => {
  assert.equal(evaluate('"%é" % 1'), "unknown conversion %é");
});

it("all types that are no keys are told of in one way, save ranges", () => {
  assert.equal(evaluate('{"a".elems(): 1}'), "unhashable type: elems");
  assert.equal(evaluate("{range(1): 1}"), "unhashable: range");
});

it("what is no key fails also where the dict is empty", () => {
  assert.equal(evaluate("{}.pop([])"), "pop: unhashable type: list");
});

it("union without argument fails: starlark-go crashes", () => {
  assert.equal(evaluate("set().union()"), "union: got 0 arguments, want 1");
});

it("a variable that an inner function reads too early is told of: starlark-go crashes", () => {
  const { failure } = run("def f():\n  g = lambda: x\n  g()\n  x = 1\nend\nf()");
  assert.equal(failure?.message, "local variable x referenced before assignment");
});
