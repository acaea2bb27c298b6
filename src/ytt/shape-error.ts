/**
 * The first line of an error as ytt's command line shows it: outside brackets every `: ` before a capital starts a new line, indented by
 * two more spaces than the one before (ytt.md §8). Further lines stay as they are.
 */
export function shapeYttError(message: string): string {
  const [first = "", ...rest] = message.split("\n");
  let shaped = "";
  let depth = 0;
  let indent = "";
  for (let i = 0; i < first.length; i++) {
    const char = first.charAt(i);
    if ("([{".includes(char)) depth++;
    // A flaw of ytt that its users see: a closing bracket without an opening one cuts the line.
    if (")]}".includes(char) && --depth < 0) break;
    if (depth === 0 && char === ":" && /^: [A-Z]/.test(first.slice(i, i + 3))) {
      indent += "  ";
      shaped += `:\n${indent}`;
      i++;
    } else {
      shaped += char;
    }
  }
  return [shaped, ...rest].join("\n");
}
