import type { SourcedResource } from "../resource/index.ts";

export type TemplateResult = TemplateSuccess | TemplateFailure;

export interface TemplateSuccess {
  readonly ok: true;
  /** In the order of the output; each knows its number in the stream and the file that it came from. */
  readonly documents: readonly SourcedResource[];
  /** The stream as the last step printed it: what kapp would get on standard input. */
  readonly yaml: string;
  /** Warnings of the last step. */
  readonly stderr: string;
}

export interface TemplateFailure {
  readonly ok: false;
  /** `status.template.error`. */
  readonly error: string;
  readonly stderr: string;
  /** -1 when no tool ran. */
  readonly exitCode: number;
  readonly usefulErrorMessage: string;
}

/** The step could not even start. */
export function refused(error: string): TemplateFailure {
  return { ok: false, error, stderr: "", exitCode: -1, usefulErrorMessage: error };
}
