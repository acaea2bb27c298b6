/** kapp's output, in the form that the README of the cases describes: what varies from run to run is gone. */
export function normalizeOutput(text: string): string {
  const lines = text.split("\n").map((line) =>
    line
      .replace(/Target cluster '[^']*'/, "Target cluster 'CLUSTER'")
      .replace(/(?<=^Target cluster 'CLUSTER' )\(nodes: [^)]*\)/, "(nodes: NODES)")
      .replace(/^\d{1,2}:\d{2}:\d{2}(?:AM|PM): /, "TIME: ")
      .replace(/(?!^TIME: )  +/g, "  ")
      .replace(/^( *\d+ +- +(?:creationTimestamp|time): )".*"$/, '$1"TIME"')
      .replace(/^( *\d+ +- +resourceVersion: )".*"$/, '$1"RV"')
      .replace(/^( *\d+ +- +uid: ).*$/, "$1UID")
      .trimEnd(),
  );
  return normalizeLog(replaceAges(lines)).join("\n");
}

/** Ages stand in a column of their own below the header that names it. */
function replaceAges(lines: readonly string[]): readonly string[] {
  let column = -1;
  return lines.map((line) => {
    const cells = line.split("  ");
    if (cells[0] === "Namespace") column = cells.indexOf("Age");
    else if (line.startsWith("Op:") || line.startsWith("Rs:")) column = -1;
    else if (column >= 0 && /^\d+[smhdy]/.test(cells[column] ?? "")) cells[column] = "AGE";
    return cells.join("  ");
  });
}

/** One change or wait with the lines below it. */
interface Unit {
  readonly head: string;
  readonly below: string[];
}

function normalizeLog(lines: readonly string[]): readonly string[] {
  const begin = lines.findIndex((line) => line.startsWith("TIME: ---- "));
  if (begin < 0) return lines;
  const out = lines.slice(0, begin);
  let section: Unit[] = [];
  let header = "";
  const flush = (): void => {
    out.push(...tidy(section).flatMap(({ head, below }) => [head, ...below]));
    section = [];
  };
  for (const line of lines.slice(begin)) {
    if (line.startsWith("TIME: ---- ")) {
      const next = line.replace(/^TIME: ---- waiting on .* ----$/, "TIME: ---- waiting ----");
      // A further look at the same waits.
      if (next === "TIME: ---- waiting ----" && next === header) continue;
      flush();
      header = next;
      out.push(next);
    } else if (line.startsWith("TIME: ") && !line.startsWith("TIME:  ")) section.push({ head: line, below: [] });
    else if (line.startsWith("TIME: ") && section.length > 0) section.at(-1)?.below.push(line);
    else {
      flush();
      out.push(line);
    }
  }
  flush();
  return out;
}

function tidy(section: readonly Unit[]): readonly Unit[] {
  const ended = new Set(
    section.flatMap(({ head }) => {
      const match = /^TIME: (?:ok|fail): (.*)$/.exec(head);
      return match === null ? [] : [match[1]];
    }),
  );
  const last = new Map<string, Unit>();
  for (const unit of section) {
    const ongoing = /^TIME: ongoing: (.*)$/.exec(unit.head)?.[1];
    if (ongoing !== undefined && ended.has(ongoing)) continue;
    last.set(unit.head, unit.head.startsWith("TIME: ok: ") ? { head: unit.head, below: [] } : unit);
  }
  return [...last.values()].sort((a, b) => (a.head < b.head ? -1 : 1));
}
