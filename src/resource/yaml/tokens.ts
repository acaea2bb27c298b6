import type { Directive } from "./scan-properties.ts";

/** What the scanner makes of a text. Lines and columns are 0-based and tell where the token starts. */
export type Token = { readonly line: number; readonly column: number } & (
  | { readonly type: SignToken }
  | { readonly type: "directive"; readonly directive: Directive }
  | { readonly type: "anchor" | "alias"; readonly name: string }
  | { readonly type: "tag"; readonly handle: string; readonly suffix: string }
  | { readonly type: "scalar"; readonly value: string; readonly plain: boolean }
);

/** Tokens that say everything by their type. */
export type SignToken =
  | "stream-end"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value";

export type TokenType = Token["type"];
