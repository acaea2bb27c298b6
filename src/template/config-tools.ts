import { type Json, stringifyYaml } from "../resource/index.ts";
import { compileRegex, type InputFile, render } from "../ytt/index.ts";

/** What rules of a kapp Config need of the template engine. */
export interface ConfigTools {
  readonly renderYtt: (
    files: readonly { readonly path: string; readonly text: string }[],
    dataValues: Json,
  ) => readonly Json[];
  readonly compileRegex: (pattern: string) => (key: string) => boolean;
}

export const configTools: ConfigTools = {
  renderYtt(files, dataValues) {
    const values = input("values.yml", stringifyYaml(dataValues, { keyOrder: "given", width: "unlimited" }));
    const result = render(
      files.map(({ path, text }) => input(path, text)),
      { dataValues: { files: [{ argument: values.path, files: [values] }] } },
    );
    if (!result.ok) throw new Error(result.error.message.trim());
    return result.documents.map((document) => document.toJson());
  },
  compileRegex,
};

function input(path: string, text: string): InputFile {
  return { path, bytes: new TextEncoder().encode(text) };
}
