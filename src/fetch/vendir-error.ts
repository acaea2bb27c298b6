/**
 * A fetch that fails as vendir does: what was being done, from the outside in, then what is wrong. kapp-controller shows it as
 * `vendir: Error: Syncing directory '0':` with one line and two more blanks per step.
 */
export class VendirError extends Error {
  readonly steps: readonly string[];

  constructor(steps: readonly string[], detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "VendirError";
    this.steps = steps;
  }

  /** The text of `status.fetch.stderr`. */
  get stderr(): string {
    const lines = [...this.steps.map((step) => `${step}:`), this.message];
    return `vendir: Error: ${lines.map((line, depth) => "  ".repeat(depth) + line).join("\n")}\n`;
  }
}

/** The steps around the content of one fetch entry. */
export function contentSteps(directory: string, kind: "git" | "inline"): string[] {
  return [`Syncing directory '${directory}'`, `Syncing directory '.' with ${kind} contents`];
}
