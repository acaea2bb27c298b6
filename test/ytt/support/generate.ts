/** Templates by chance, made of the pieces that templates are made of: most are valid, the others fail in many ways. */
import fc from "fast-check";

export type Files = Readonly<Record<string, string>>;

const key = fc.constantFrom("a", "b", "items", "spec", "x1", "__proto__", "constructor", "n", "1");

/** Expressions by the type of what they give; now and then one of another type. */
const { int, text, list, dict, flag, any } = fc.letrec<{
  int: string;
  text: string;
  list: string;
  dict: string;
  flag: string;
  any: string;
}>((tie) => {
  const wild = {
    arbitrary: fc.constantFrom("None", "nope", "struct", "1.5", "1e6", "(1,)", "set([1])", "data.values", "range(3)"),
    weight: 1,
  };
  const often = (arbitrary: fc.Arbitrary<string>): { arbitrary: fc.Arbitrary<string>; weight: number } => ({
    arbitrary,
    weight: 14,
  });
  const binary = (left: string, operators: readonly string[], right: string): fc.Arbitrary<string> =>
    fc
      .tuple(tie(left as "int"), fc.constantFrom(...operators), tie(right as "int"))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`);
  return {
    int: fc.oneof(
      { maxDepth: 3 },
      often(
        fc.oneof(fc.integer({ min: -3, max: 1000 }).map(String), fc.constantFrom("num", "9223372036854775807", "i")),
      ),
      often(binary("int", ["+", "-", "*", "//", "%", "|", "&"], "int")),
      often(fc.oneof(tie("text"), tie("list"), tie("dict")).map((value) => `len(${value})`)),
      often(tie("list").map((value) => `max([1] + [y for y in ${value} if type(y) == "int"])`)),
      wild,
    ),
    text: fc.oneof(
      { maxDepth: 3 },
      often(
        fc.constantFrom(
          '"s"',
          '"é😀"',
          '"yes"',
          '"1e6"',
          '"a: b"',
          '"l1\\nl2\\n"',
          '" x"',
          '""',
          "word",
          '"null"',
          '"0o17"',
          '"2001-01-01"',
          '"- a"',
          '"\\t"',
        ),
      ),
      often(binary("text", ["+"], "text")),
      often(
        fc
          .tuple(
            tie("text"),
            fc.constantFrom(
              ".upper()",
              ".title()",
              '.replace("s", "t")',
              "[1:]",
              "[::-1]",
              ".strip()",
              '.split("s")[0]',
            ),
          )
          .map(([value, call]) => value + call),
      ),
      often(tie("any").map((value) => `str(${value})`)),
      often(fc.tuple(tie("any"), tie("any")).map(([a, b]) => `"{}-{}".format(${a}, ${b})`)),
      often(tie("int").map((value) => `"%d" % ${value}`)),
      wild,
    ),
    list: fc.oneof(
      { maxDepth: 3 },
      often(fc.constantFrom("[]", "nums", '["p", "q"]', "[None, True, 1.5]")),
      often(fc.tuple(tie("any"), tie("any")).map(([a, b]) => `[${a}, ${b}]`)),
      often(binary("list", ["+"], "list")),
      often(fc.tuple(tie("any"), tie("list")).map(([body, over]) => `[${body} for y in ${over}]`)),
      often(tie("dict").map((value) => `sorted([str(y) for y in ${value}])`)),
      often(tie("list").map((value) => `list(reversed(${value}))`)),
      wild,
    ),
    dict: fc.oneof(
      { maxDepth: 3 },
      often(fc.constantFrom("{}", "dict(k=1)", '{"k": [1, {"z": None}]}')),
      often(fc.tuple(key, tie("any")).map(([name, value]) => `{"${name}": ${value}}`)),
      often(fc.tuple(tie("any"), tie("list")).map(([value, over]) => `{str(y): ${value} for y in ${over}}`)),
      wild,
    ),
    flag: fc.oneof(
      { maxDepth: 3 },
      often(fc.constantFrom("True", "False")),
      often(binary("int", ["<", ">=", "=="], "int")),
      often(fc.tuple(tie("flag"), fc.constantFrom("and", "or"), tie("flag")).map((parts) => `(${parts.join(" ")})`)),
      often(tie("any").map((value) => `(not ${value})`)),
      wild,
    ),
    any: fc.oneof(
      { maxDepth: 4 },
      tie("int"),
      tie("text"),
      tie("list"),
      tie("dict"),
      tie("flag"),
      fc.constantFrom(
        "None",
        "1.5",
        "1e6",
        "100000.0",
        "-0.0",
        "1e-7",
        "data.values",
        "yaml.encode([1, {2: 3}])",
        'json.encode({"b": 1.0, "a": "<"})',
        'json.decode("[1, 2.5]")',
      ),
      fc
        .tuple(tie("any"), tie("flag"), tie("any"))
        .map(([yes, condition, no]) => `(${yes} if ${condition} else ${no})`),
      tie("any").map((value) => `(lambda y: [y, y])(${value})`),
      tie("int").map((value) => `f(${value})`),
    ),
  };
});

const scalar = fc.oneof(
  fc.constantFrom(
    "1",
    "yes",
    "~",
    "text",
    "'quoted'",
    '"\\t"',
    "1e6",
    "0o17",
    "2001-01-01",
    "[1, {a: 2}]",
    "{}",
    "|\n  lines\n  more",
    "!!str 5",
    "0x1F",
    "1_000",
    ".5",
    "on",
  ),
  any.map((code) => `#@ ${code}`),
);

const annotations = [
  "overlay/match missing_ok=True",
  "overlay/remove",
  "overlay/replace",
  "overlay/replace or_add=True",
  "overlay/match-child-defaults missing_ok=True",
  "yaml/map-key-override",
  "yaml/text-templated-strings",
  "schema/nullable",
  "schema/type any=True",
  "schema/validation min_len=1",
  "assert/validate min_len=1",
  "other/thing 1, b=2",
] as const;

const { block } = fc.letrec<{ block: readonly string[] }>((tie) => ({
  block: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        fc.tuple(key, scalar).map(([name, value]) => [`${name}: ${value.replaceAll("\n", "\n  ")}`]),
        fc.tuple(key, tie("block")).map(([name, inner]) => [`${name}:`, ...inner.map((line) => `  ${line}`)]),
        fc
          .array(scalar, { minLength: 1, maxLength: 3 })
          .map((items) => ["list:", ...items.map((item) => `- ${item.replaceAll("\n", "\n  ")}`)]),
        fc
          .tuple(list, any)
          .map(([over, value]) => [
            `#@ for i in ${over}:`,
            "#@yaml/text-templated-strings",
            `loop-(@= str(i) @): #@ ${value}`,
            "#@ end",
          ]),
        fc
          .tuple(flag, tie("block"), tie("block"))
          .map(([condition, yes, no]) => [`#@ if ${condition}:`, ...yes, "#@ else:", ...no, "#@ end"]),
        fc.tuple(flag, key).map(([condition, name]) => [`#@ if/end ${condition}:`, `${name}: 1`]),
        any.map((value) => [`#@ num2 = ${value}`, "later: #@ num2"]),
        fc
          .tuple(fc.constantFrom(...annotations), key)
          .map(([annotation, name]) => [`#@${annotation}`, `${name}: "(@= str(1) @)"`]),
        fc.tuple(key, dict).map(([name, value]) => [`${name}: #@ template.replace(${value})`]),
        int.map((value) => [`sub: #@ sub(${value})`]),
      ),
      { minLength: 0, maxLength: 3 },
    )
    // One name only once, most of the time.
    .map((pieces) => uniqueKeys(pieces.flat())),
}));

function uniqueKeys(lines: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  let renamed = 0;
  return lines.map((line) => {
    const name = /^([\w-]+):/.exec(line)?.[1];
    if (name === undefined || name === "n") return line;
    if (!seen.has(name)) {
      seen.add(name);
      return line;
    }
    renamed++;
    return `${name}-${renamed}${line.slice(name.length)}`;
  });
}

const document = fc.tuple(
  fc.oneof(
    { arbitrary: fc.constant("---"), weight: 6 },
    fc.constantFrom(
      "--- #@ sub(1)",
      '#@overlay/match by=overlay.all, expects="0+"\n---',
      '#@overlay/match by=overlay.subset({"a": 1}), expects="0+"\n---',
    ),
  ),
  block,
);

const head = `#@ load("@ytt:overlay", "overlay")
#@ load("@ytt:data", "data")
#@ load("@ytt:template", "template")
#@ load("@ytt:yaml", "yaml")
#@ load("@ytt:json", "json")
#@ num, word, nums, i, y = 7, "w", [3, 1, 2], 0, 5
#@ def f(n, *rest, k="d"):
#@   return [n, k] + list(rest)
#@ end
#@ def sub(n):
sub-a: #@ n
sub-b:
- #@ [n]
#@ end
`;

const template = fc
  .array(document, { minLength: 1, maxLength: 3 })
  .map((documents) => head + documents.flatMap(([start, body]) => [start, ...body, ""]).join("\n"));

const values = fc.constantFrom(
  undefined,
  "#@data/values\n---\na: 1\nb: {c: [x]}\n",
  '#@data/values-schema\n---\na: 1\n#@schema/nullable\nb: ""\nitems:\n- ""\n',
);

/** A few files, most of them valid. */
export const templates: fc.Arbitrary<Files> = fc
  .tuple(template, fc.option(template, { nil: undefined }), values, fc.option(text, { nil: undefined }))
  .map(([first, second, given, textExpression]) => ({
    "a.yml": first,
    ...(second === undefined ? {} : { "b.yml": second }),
    ...(textExpression === undefined ? {} : { "c.txt": `text (@= ${textExpression.replaceAll("num", "1")} @)\n` }),
    ...(given === undefined ? {} : { "values.yml": given }),
  }));
