import type { AppReference, InlineFiles } from "../app/index.ts";
import { InlineError, inlineFiles, ReferenceMissing, readReferences } from "../fetch/index.ts";

/** Reads a Secret or ConfigMap of the App's namespace; `undefined` when it does not exist. */
export type ReadReference = (
  reference: AppReference,
  options: { readonly signal: AbortSignal },
) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;

/** Contents of an `inline` block by path, as the fetch step makes them (app.md §5.2), or why not. */
export async function readInline(
  inline: InlineFiles,
  read: ReadReference,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly contents: ReadonlyMap<string, Uint8Array> } | { readonly refusal: string }> {
  const reader = {
    secret: (name: string) => read({ kind: "secret", name }, options),
    configMap: (name: string) => read({ kind: "configMap", name }, options),
  };
  try {
    const data = await readReferences([{ type: "inline", ...inline }], reader, options.signal);
    const files = inlineFiles(inline, data);
    return { contents: new Map([...files].map(([path, file]) => [path, file.bytes])) };
  } catch (error) {
    if (error instanceof InlineError || error instanceof ReferenceMissing) return { refusal: error.message };
    throw error;
  }
}
