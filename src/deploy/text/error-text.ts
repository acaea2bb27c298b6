import { type DeployFailure, failureText } from "../failure.ts";

/** The failure as kapp prints it after `kapp: Error: ` (kapp.md §11.4). */
export function formatDeployError(failure: DeployFailure): string {
  return shapeErrorText(failureText(failure));
}

/**
 * Gives an error chain its lines: in the first line each `: X` outside of brackets starts a new line, one step deeper; a list
 * `[a, b]` at the root becomes bullets.
 */
export function shapeErrorText(text: string): string {
  const end = text.indexOf("\n");
  const first = end === -1 ? text : text.slice(0, end);
  const rest = end === -1 ? "" : text.slice(end);
  return `${bulletLists(indentCauses(first))}${rest}`;
}

const opening = "([{";
const closing = ")]}";

function indentCauses(line: string): string {
  let out = "";
  let depth = 0;
  let level = 0;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (opening.includes(char)) depth++;
    else if (closing.includes(char)) depth--;
    const startsCause = char === ":" && depth === 0 && line.charAt(i + 1) === " " && /[A-Z]/.test(line.charAt(i + 2));
    if (!startsCause) {
      out += char;
      continue;
    }
    level++;
    out += `:\n${"  ".repeat(level)}`;
    i++;
  }
  return out;
}

/** A fragment that begins like a lower-case field path goes on a bullet of its own. */
const fieldPathStart = /^[a-z.[\]:\s]{3,10}/;

function bulletLists(text: string): string {
  const span = rootBrackets(text);
  if (span === undefined) return text;
  const items: string[] = [];
  for (const fragment of splitOutsideBrackets(text.slice(span.start + 1, span.end))) {
    if (items.length === 0 || fieldPathStart.test(fragment)) items.push(fragment);
    else items[items.length - 1] = `${items.at(-1) ?? ""}, ${fragment}`;
  }
  if (items.length < 2) return text;
  const bullets = items.map((item) => `  - ${item}\n\n`).join("");
  return `${text.slice(0, span.start)}\n\n${bullets}${text.slice(span.end + 1)}`;
}

/** The first bracketed list that stands in no other brackets and goes with balanced brackets to its end. */
function rootBrackets(text: string): { readonly start: number; readonly end: number } | undefined {
  let depth = 0;
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "[") {
      if (depth === 0 && start === -1) start = i;
      depth++;
    } else if (char === "]") {
      depth--;
      if (depth === 0) return { start, end: i };
    }
  }
  return undefined;
}

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (opening.includes(char)) depth++;
    else if (closing.includes(char)) depth--;
    else if (char === "," && depth === 0 && text.charAt(i + 1) === " ") {
      parts.push(text.slice(start, i));
      start = i + 2;
    }
  }
  return [...parts, text.slice(start)];
}
