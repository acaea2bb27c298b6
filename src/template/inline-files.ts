import type { AppReference, InlineFiles } from "../app/index.ts";
import { scopedPath } from "./ytt-input.ts";

/** Reads a Secret or ConfigMap of the App's namespace; `undefined` when it does not exist. */
export type ReadReference = (
  reference: AppReference,
  options: { readonly signal: AbortSignal },
) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;

/** The files of an `inline` block: `paths`, then `pathsFrom` in order, later ones overwrite (app.md §4.6). */
export async function inlineFiles(
  inline: InlineFiles,
  read: ReadReference,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly files: ReadonlyMap<string, Uint8Array> } | { readonly refusal: string }> {
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of inline.paths) {
    const scoped = scopedPath(path);
    if (scoped === undefined || scoped === "") return { refusal: `Invalid path: ${path}` };
    files.set(scoped, new TextEncoder().encode(content));
  }
  for (const { kind, name, directoryPath } of inline.pathsFrom) {
    if (kind === "none") return { refusal: "Expected either secretRef or configMapRef as a source" };
    const data = await read({ kind, name }, options);
    if (data === undefined) return { refusal: notFound({ kind, name }) };
    for (const [key, bytes] of data) {
      const scoped = scopedPath(`${directoryPath}/${key}`);
      if (scoped === undefined || scoped === "") return { refusal: `Invalid path: ${directoryPath}/${key}` };
      files.set(scoped, bytes);
    }
  }
  return { files };
}

/** As an API server says it. */
export function notFound({ kind, name }: AppReference): string {
  return `${kind === "secret" ? "secrets" : "configmaps"} "${name}" not found`;
}
