/** A string, a structural sign, or anything else up to the next of those. The text was parsed before: only its structure is read here. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

interface Level {
  /** Keys seen; `undefined` in a list. */
  readonly keys: Set<string> | undefined;
  /** Where the level stands in its parent, such as `spec` or `[2]`. */
  readonly step: string;
  /** The key, or index, whose value is being read. */
  current: string;
  index: number;
  expectsKey: boolean;
}

/** Paths of keys that stand twice in one map of a valid JSON text: `JSON.parse` keeps the last and tells nothing. */
export function duplicateKeys(text: string): readonly string[] {
  const found = new Set<string>();
  const stack: Level[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const level = stack.at(-1);
    const sign = match[0];
    switch (sign) {
      case "{":
      case "[":
        stack.push({
          keys: sign === "{" ? new Set() : undefined,
          step: level === undefined ? "" : level.keys === undefined ? `[${level.index}]` : level.current,
          current: "",
          index: 0,
          expectsKey: sign === "{",
        });
        break;
      case "}":
      case "]":
        stack.pop();
        break;
      case ",":
        if (level !== undefined) {
          level.index++;
          level.expectsKey = level.keys !== undefined;
        }
        break;
      case ":":
        break;
      default:
        if (level?.keys !== undefined && level.expectsKey) {
          level.expectsKey = false;
          level.current = sign.includes("\\") ? String(JSON.parse(sign)) : sign.slice(1, -1);
          if (level.keys.has(level.current)) found.add(pathTo(stack, level.current));
          level.keys.add(level.current);
        }
    }
  }
  return [...found];
}

function pathTo(stack: readonly Level[], key: string): string {
  let path = "";
  for (const step of [...stack.map((level) => level.step), key]) {
    if (step !== "") path += step.startsWith("[") || path === "" ? step : `.${step}`;
  }
  return path;
}
