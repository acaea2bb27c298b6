import { escapeControls, type Terminal } from "../terminal.ts";

/** A step of the demo did not do what it shows. */
export class DemoFailure extends Error {
  override readonly name = "DemoFailure";
}

/** How the demo talks, and how it asserts what it shows. */
export interface Show {
  act(title: string): void;
  /** A command as a user would type it. */
  command(text: string): void;
  say(text: string): void;
  line(text: string): void;
  /** Shows that `claim` is true. @throws DemoFailure naming the claim and what was found instead. */
  check(claim: string, isTrue: boolean, found?: string): void;
  /** Notes how long something took, for the summary. */
  took(what: string, ms: number): void;
  readonly times: readonly { readonly what: string; readonly ms: number }[];
  /** Claims that were checked. */
  readonly checks: number;
}

export function createShow({ out, paint }: Terminal): Show {
  let acts = 0;
  let checks = 0;
  const times: { readonly what: string; readonly ms: number }[] = [];
  return {
    act: (title) => {
      out("");
      out(paint("bold", `── ${++acts}. ${title} `.padEnd(100, "─")));
    },
    command: (text) => out(`${paint("dim", "$")} ${paint("bold", escapeControls(text))}`),
    say: (text) => {
      for (const line of text.split("\n")) out(escapeControls(line));
    },
    line: out,
    check: (claim, isTrue, found) => {
      if (!isTrue) throw new DemoFailure(found === undefined ? claim : `${claim}; found: ${found}`);
      checks++;
      out(`${paint("green", "  ✓")} ${escapeControls(claim)}`);
    },
    took: (what, ms) => times.push({ what, ms }),
    times,
    get checks() {
      return checks;
    },
  };
}
