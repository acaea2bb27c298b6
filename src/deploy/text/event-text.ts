import type { Clock } from "../../base/index.ts";
import type { DeployEvent } from "../apply/events.ts";

/** Equal texts are shown again only after a minute. */
const repeatAfterMs = 60_000;

/**
 * Writes events as kapp's log (kapp.md §11.3), one call per event: lines `3:04:05PM: …` joined by line breaks, or nothing for a text
 * that was just shown. `offsetMs`: what a clock on the wall is ahead of UTC; by default it shows UTC.
 */
export function createEventFormatter({
  clock,
  offsetMs = () => 0,
}: {
  readonly clock: Pick<Clock, "now">;
  readonly offsetMs?: (at: number) => number;
}): (event: DeployEvent) => string {
  const shownAt = new Map<string, number>();
  return (event) => {
    const lines = linesOf(event);
    const text = lines.join("\n");
    const now = clock.now();
    const before = shownAt.get(text);
    const isUntimed = event.type === "warning" || event.type === "log";
    const mayRepeat = isUntimed || (event.type === "applied" && event.succeeded);
    if (!mayRepeat && before !== undefined && now - before < repeatAfterMs) return "";
    shownAt.set(text, now);
    const time = clockTime(now + offsetMs(now));
    return lines.map((line) => (isUntimed ? line : `${time}: ${line}`)).join("\n");
  };
}

function linesOf(event: DeployEvent): string[] {
  switch (event.type) {
    case "section": {
      const what = event.phase === "applying" ? "applying" : "waiting on";
      return [`---- ${what} ${event.count} changes [${event.done}/${event.total} done] ----`];
    }
    case "complete":
      return [`---- ${event.phase} complete [${event.done}/${event.total} done] ----`];
    case "applied":
      return [`${event.op} ${event.resource}`];
    case "retry":
      return [` ^ ${event.message}`];
    case "waited": {
      const lines = [`${event.state}: ${event.op} ${event.resource}`];
      if (event.message !== "") lines.push(` ^ ${event.message}`);
      for (const child of event.children) {
        lines.push(` L ${child.state}: waiting on ${child.resource}`);
        if (child.message !== "") lines.push(`    ^ ${child.message}`);
      }
      return lines;
    }
    case "warning":
      return [`Warning: ${event.text}`];
    case "log":
      return [event.text];
  }
}

function clockTime(at: number): string {
  const date = new Date(at);
  const hours = date.getUTCHours();
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${hours % 12 === 0 ? 12 : hours % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${hours < 12 ? "AM" : "PM"}`;
}
