import { copyValue, DocumentNode } from "../tree/node.ts";
import { nodesOf } from "../tree/convert.ts";
import { Position } from "../tree/position.ts";
import { assignItem } from "./assign.ts";
import { checkItem } from "./check.ts";
import { inferItem } from "./infer.ts";
import { openApiOf } from "./open-api.ts";
import { schemaReport } from "./report.ts";
import { type ItemType, undocumented } from "./type.ts";

const anything: ItemType = {
  value: { kind: "any", default: null, position: Position.none, documentation: undocumented },
  position: Position.none,
  default: null,
  validation: undefined,
};

/** Types and defaults of data values. */
export class Schema {
  /** The document it was made of; `undefined` where there is no schema. */
  readonly source: DocumentNode | undefined;
  readonly #root: ItemType;

  private constructor(source: DocumentNode | undefined, root: ItemType) {
    this.source = source;
    this.#root = root;
  }

  /** Any value, no defaults. */
  static readonly none: Schema = new Schema(undefined, anything);

  /**
   * The schema that a document declares: the one that all schema documents were overlaid to.
   * @throws YttError A report of the first fault.
   */
  static from(document: DocumentNode): Schema {
    return new Schema(document, inferItem(document));
  }

  /** A fresh document of the default data values. */
  defaults(): DocumentNode | undefined {
    if (this.source === undefined) return undefined;
    return new DocumentNode(copyValue(this.#root.default), this.#root.position);
  }

  /**
   * Adds the map items that are missing, with their defaults, and gives the nodes their validations (copies of a node are without them: to be
   * called again). Answers a report of all values that do not fit, `undefined` where all do.
   */
  typeAndCheck(document: DocumentNode): string | undefined {
    const misshapen = assignItem(document, this.#root);
    const violations = misshapen.length > 0 ? misshapen : checkItem(document, this.#root);
    return violations.length > 0 ? schemaReport("One or more data values were invalid", violations) : undefined;
  }

  /** The schema as an OpenAPI v3 document. */
  openApi(): DocumentNode {
    return new DocumentNode(nodesOf(openApiOf(this.#root), Position.none), Position.none);
  }
}
