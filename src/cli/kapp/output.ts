import { styleText } from "node:util";
import { createPartPrinter, type Part, type PartPrinter, type Tone } from "../../deploy/index.ts";
import { CommandError } from "../exit-code.ts";
import type { ParsedFlags } from "../flags.ts";
import { escapeControls } from "../terminal.ts";
import type { KappContext } from "./context.ts";

/** kapp's two streams, as `--tty`, `--json`, `--color` and `--column` ask for them. */
export class Output {
  readonly #context: KappContext;
  readonly #printer: PartPrinter;
  readonly #isJson: boolean;
  readonly #paint: (text: string, tone: Tone) => string;

  constructor(
    flags: Pick<ParsedFlags, "has" | "hasUnlessOff" | "list">,
    context: KappContext,
    isTtyByDefault: boolean,
  ) {
    const isForced = flags.list("tty").length > 0 ? flags.has("tty") : isTtyByDefault;
    const isPainted = context.isTty && context.hasColours && flags.hasUnlessOff("color");
    this.#context = context;
    this.#isJson = flags.has("json");
    this.#paint = isPainted ? paint : (text) => text;
    this.#printer = createPartPrinter({
      mode: this.#isJson ? "json" : context.isTty || isForced ? "people" : "data",
      columns: flags.list("column").flatMap((names) => names.split(",")),
      clean: escapeAllButTabs,
      paint: this.#paint,
    });
  }

  print(part: Part): void {
    this.#write(this.#printer.print(part));
  }

  /** `text`: what stands behind `kapp: Error: `; as JSON it is one of the lines. */
  error(text: string): void {
    const line = `kapp: Error: ${text}`;
    this.#write(this.#printer.aside(line));
    if (this.#isJson) return;
    for (const part of line.split("\n")) this.#context.terminal.err(this.#paint(escapeControls(part), "bad"));
  }

  /** Asks on. @throws CommandError `Stopped` when the person does not. */
  async confirm(): Promise<void> {
    if (this.#isJson) throw new CommandError("Asking for confirmation: not with --json (hint: add --yes)");
    this.#write(this.#printer.aside(""));
    for (;;) {
      this.#write("Continue? [yN]: ");
      const answer = (await this.#context.readLine())?.trim().toLowerCase();
      if (answer === undefined) throw new CommandError("Asking for confirmation: EOF");
      if (answer === "y" || answer === "yes") return;
      if (answer === "" || answer === "n" || answer === "no") throw new CommandError("Stopped");
      this.#write("invalid input (not y, n, yes, or no)\n");
    }
  }

  end(): void {
    this.#write(this.#printer.end());
  }

  #write(text: string): void {
    if (text !== "") this.#context.terminal.write(text);
  }
}

/** Tabs are common in what Pods write, and steer nothing. */
function escapeAllButTabs(line: string): string {
  return line.split("\t").map(escapeControls).join("\t");
}

const styles = { good: "green", bad: "red", head: "bold" } as const satisfies Record<Tone, string>;

function paint(text: string, tone: Tone): string {
  return styleText(styles[tone], text, { validateStream: false });
}
