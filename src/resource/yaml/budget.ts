import { limitFault, type Place } from "./fault.ts";
import type { YamlLimits } from "./types.ts";

/** What a value costs when it is written out, aliases and all. */
export interface Weight {
  readonly nodes: number;
  /** Characters of its scalars. */
  readonly length: number;
}

/** What one document may still cost (reliability.md L12). Aliases are charged before what they stand for exists twice. */
export class Budget {
  readonly #limits: YamlLimits;
  #nodes = 0;
  #length = 0;
  #aliases = 0;
  #mergeSteps = 0;

  constructor(limits: YamlLimits) {
    this.#limits = limits;
  }

  used(): Weight {
    return { nodes: this.#nodes, length: this.#length };
  }

  usedSince({ nodes, length }: Weight): Weight {
    return { nodes: this.#nodes - nodes, length: this.#length - length };
  }

  node(place: Place, length: number): void {
    this.#charge(place, 1, length);
  }

  alias(place: Place, { nodes, length }: Weight): void {
    this.#aliases++;
    const { maxAliases } = this.#limits;
    if (this.#aliases > maxAliases) throw limitFault(place, `a document has more than ${maxAliases} aliases`);
    this.#charge(place, nodes, length);
  }

  merge(place: Place, steps: number): void {
    this.#mergeSteps += steps;
    const { maxMergeSteps } = this.#limits;
    if (this.#mergeSteps > maxMergeSteps)
      throw limitFault(place, `the merges of a document take more than ${maxMergeSteps} steps`);
  }

  #charge(place: Place, nodes: number, length: number): void {
    this.#nodes += nodes;
    this.#length += length;
    const { maxNodes, maxDocumentLength } = this.#limits;
    if (this.#nodes > maxNodes) throw limitFault(place, `a document has more than ${maxNodes} nodes`);
    if (this.#length > maxDocumentLength)
      throw limitFault(place, `a document holds more than ${maxDocumentLength} characters`);
  }
}
