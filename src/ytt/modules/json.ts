import { onlyArgument, yttFunction } from "../values/builtin.ts";
import { booleanKeyword, checkKeywords, indentKeyword, type ModuleMembers, moduleOf, oneString } from "./builtin.ts";
import { encodable, plainValue } from "./encodable.ts";
import { decodeJson } from "./json-decode.ts";
import { encodeJson } from "./json-encode.ts";

/** `@ytt:json`. */
export const jsonModule: ModuleMembers = moduleOf("json", {
  encode: yttFunction("json.encode", (args, kwargs, context) => {
    const value = onlyArgument(args);
    checkKeywords(kwargs, ["indent", "escape_html"]);
    const indent = indentKeyword(kwargs);
    const escapeHtml = booleanKeyword(kwargs, "escape_html", true);
    return encodeJson(plainValue(encodable(value, context, indent)), { indent, escapeHtml });
  }),
  decode: yttFunction("json.decode", (args, _kwargs, context) => decodeJson(oneString(args, context), context)),
});
