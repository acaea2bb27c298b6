/** The fetched files, as the fetch room gives them: by relative path, validated, in byte order. */
export type TemplateFiles = ReadonlyMap<string, TemplateFile>;

export interface TemplateFile {
  readonly mode: "file" | "executable" | "symlink";
  /** Content; for a symlink the link text. */
  readonly bytes: Uint8Array;
}
