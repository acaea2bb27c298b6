import type { Json } from "../../resource/index.ts";

/**
 * What a Config may ask for and this room does not have. A Config that uses an absent one is refused by name before anything is written.
 */
export interface ConfigTools {
  /** For `ytt.overlayContractV1` and `ytt.funcContractV1`. */
  readonly renderYtt?: RenderYtt;
  /** For `{regex: …}` in paths: whether a key has a match, anywhere in it. @throws Error for a bad pattern. */
  readonly compileRegex?: (pattern: string) => (key: string) => boolean;
}

/**
 * Renders files with ytt and answers the documents of the result.
 * @param dataValues Plain data values, as from `--data-values-file`.
 * @throws Error with ytt's message.
 */
export type RenderYtt = (
  files: readonly { readonly path: string; readonly text: string }[],
  dataValues: Json,
) => readonly Json[];
