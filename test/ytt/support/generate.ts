/** Templates by chance, made of the pieces that templates are made of: most are valid, many fail, in every way that pieces can be put together. */
import fc from "fast-check";

export type Files = Readonly<Record<string, string>>;

const names = ["a", "b", "items", "spec", "x1", "__proto__", "constructor", "toString"];
const name = fc.constantFrom(...names);
const identifier = fc.constantFrom("a", "b", "i", "x", "f", "data", "nope");

const literal = fc.oneof(
  fc.integer({ min: -3, max: 1000 }).map(String),
  fc.constantFrom(
    "None",
    "True",
    "False",
    '"s"',
    '"é😀"',
    "1.5",
    "1e6",
    "2**3",
    "[]",
    "{}",
    "()",
    '""',
    "9223372036854775807",
    "-1",
  ),
);

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    literal,
    identifier,
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", "//", "%", "==", "<", "and", "or", "in", "|"),
        tie("expression"),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `[${a}, ${b}]`),
    fc.tuple(name, tie("expression")).map(([key, value]) => `{"${key}": ${value}}`),
    fc
      .tuple(
        fc.constantFrom("len", "str", "type", "sorted", "list", "range", "repr", "int", "dict", "f", "max"),
        tie("expression"),
      )
      .map(([callee, argument]) => `${callee}(${argument})`),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom(".upper()", '.get("a")', "[0]", "[-1:]", ".x1", '["a"]', '.format("z")'),
      )
      .map(([value, suffix]) => value + suffix),
    fc.tuple(tie("expression"), tie("expression")).map(([body, over]) => `[${body} for x in ${over} if x]`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
    tie("expression").map((body) => `(lambda x: ${body})(1)`),
  ),
}));

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
    "&a 1",
    "*a",
    "<<",
  ),
  expression.map((code) => `#@ ${code}`),
);

const { block } = fc.letrec<{ block: readonly string[] }>((tie) => ({
  block: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        fc.tuple(name, scalar).map(([key, value]) => [`${key}: ${value.replaceAll("\n", "\n  ")}`]),
        fc.tuple(name, tie("block")).map(([key, inner]) => [`${key}:`, ...inner.map((line) => `  ${line}`)]),
        fc.array(scalar, { minLength: 1, maxLength: 3 }).map((items) => ["list:", ...items.map((item) => `- ${item}`)]),
        fc.tuple(expression, tie("block")).map(([over, inner]) => [`#@ for i in ${over}:`, ...inner, "#@ end"]),
        fc
          .tuple(expression, tie("block"), tie("block"))
          .map(([condition, yes, no]) => [`#@ if ${condition}:`, ...yes, "#@ else:", ...no, "#@ end"]),
        fc.tuple(expression, name).map(([condition, key]) => [`#@ if/end ${condition}:`, `${key}: 1`]),
        fc.tuple(identifier, expression).map(([variable, value]) => [`#@ ${variable} = ${value}`]),
        fc
          .tuple(
            fc.constantFrom(
              "overlay/match missing_ok=True",
              "overlay/remove",
              "overlay/replace",
              "yaml/map-key-override",
              "yaml/text-templated-strings",
              "schema/nullable",
              "schema/type any=True",
              "assert/validate min_len=1",
            ),
            name,
          )
          .map(([annotation, key]) => [`#@${annotation}`, `${key}: "(@= str(1) @)"`]),
      ),
      { minLength: 0, maxLength: 3 },
    )
    .map((pieces) => pieces.flat()),
}));

const functionDefinition = fc
  .tuple(block, expression)
  .map(([body, result]) => ["#@ def f(x):", ...body, `#@ return ${result}`, "#@ end"]);

const document = fc.tuple(
  fc.constantFrom(
    "---",
    "--- #@ f(1)",
    '#@overlay/match by=overlay.all, expects="0+"\n---',
    "#@data/values\n---",
    "#@data/values-schema\n---",
  ),
  block,
);

const template = fc
  .tuple(fc.option(functionDefinition, { nil: [] }), fc.array(document, { minLength: 1, maxLength: 3 }))
  .map(([definition, documents]) =>
    [
      '#@ load("@ytt:overlay", "overlay")',
      '#@ load("@ytt:data", "data")',
      ...definition,
      ...documents.flatMap(([start, body]) => [start, ...body]),
      "",
    ].join("\n"),
  );

/** A few files, some of them valid. */
export const templates: fc.Arbitrary<Files> = fc
  .tuple(template, fc.option(template, { nil: undefined }), fc.option(expression, { nil: undefined }))
  .map(([first, second, text]) => ({
    "a.yml": first,
    ...(second === undefined ? {} : { "b.yml": second }),
    ...(text === undefined ? {} : { "c.txt": `text (@= ${text} @)\n` }),
  }));
