import type { Json } from "../json.ts";

/** A fault in a YAML or JSON text. Lines and columns are 1-based; `line` is of the whole file. */
export interface YamlDiagnostic {
  readonly code: "YAML_SYNTAX" | "YAML_VALUE" | "YAML_LIMIT";
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** Without the position. */
  readonly message: string;
  /** The line that ytt and kapp name for this fault, 0 when they name none. */
  readonly reportedLine: number;
}

/** One YAML document of a stream. */
export interface YamlDocument<Value = Json> {
  readonly value: Value;
  /** 1-based number in the stream; empty documents count. */
  readonly document: number;
  /** 1-based line on which the document starts. */
  readonly line: number;
}

/**
 * Whose rules where the tools differ. `kapp`: a list of maps after `<<`, a byte order mark is dropped, what JSON cannot hold (integers
 * beyond 64 bits, unknown tags) is a fault. `ytt`: none of those; such integers become doubles and unknown tags are ignored.
 * `ytt-strict` refuses plain scalars of more than one possible meaning as well.
 */
export type YamlDialect = "kapp" | "ytt" | "ytt-strict";

/** Bounds on one YAML text (reliability.md L11, L12). */
export interface YamlLimits {
  /** Bytes of the text. Default 10 MiB. */
  readonly maxBytes: number;
  /** Nesting of collections. Default 100. */
  readonly maxDepth: number;
  /** Aliases in one document. Default 1,000. */
  readonly maxAliases: number;
  /** Nodes of one document after aliases are expanded. Default 1,000,000. */
  readonly maxNodes: number;
  /** Pairs and maps that `<<` inserts in one document. Default 100,000. */
  readonly maxMergeSteps: number;
  /** Characters of the scalars of one document after aliases are expanded. Default 3 Mi. */
  readonly maxDocumentLength: number;
}

/** A comment outside scalars. */
export interface YamlComment {
  /** 1-based line of the file. */
  readonly line: number;
  /** From the `#` to the end of the line. */
  readonly text: string;
}
