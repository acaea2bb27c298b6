import { Budget, type Weight } from "./budget.ts";
import type { Builder } from "./builder.ts";
import { parseFault, type Place, valueFault } from "./fault.ts";
import type { Scanner } from "./scanner.ts";
import { checkCollectionTag, type ScalarRules, taggedValue, untaggedValue } from "./tag.ts";
import type { TokenType } from "./tokens.ts";
import type { YamlLimits } from "./types.ts";

export interface ComposeOptions {
  readonly duplicateKeys: "last-wins" | "error";
  readonly scalars: ScalarRules;
  readonly limits: YamlLimits;
}

/** One document; `value` is `undefined` when nothing stands in it. */
export interface Composed<Value> {
  readonly value: Value | undefined;
  readonly place: Place;
}

/** What an alias stands for: the value, and what it weighs when it is written out. */
interface Anchor<Value> {
  /** `undefined` while the value is being read. */
  value: Value | undefined;
  weight: Weight;
}

interface Properties {
  readonly anchor?: string;
  readonly tag?: string;
  readonly place: Place;
}

/**
 * Builds values from tokens by YAML 1.1's grammar. Recursion is as deep as collections nest, which the scanner bounds.
 * Aliases share their value; what they would weigh if written out is counted against the limits before it exists.
 */
export class Composer<Value, MapValue extends Value> {
  readonly #scanner: Scanner;
  readonly #builder: Builder<Value, MapValue>;
  readonly #options: ComposeOptions;
  #anchors = new Map<string, Anchor<Value>>();
  #handles = new Map<string, string>();
  #budget: Budget;
  /** Plain `<<` seen so far. */
  #mergeKeys = 0;
  #isFirst = true;

  constructor(scanner: Scanner, builder: Builder<Value, MapValue>, options: ComposeOptions) {
    this.#scanner = scanner;
    this.#builder = builder;
    this.#options = options;
    this.#budget = new Budget(options.limits);
  }

  /** The next document, `undefined` at the end of the stream. */
  nextDocument(): Composed<Value> | undefined {
    const scanner = this.#scanner;
    if (!this.#isFirst) while (scanner.peek().type === "document-end") scanner.next();
    const first = scanner.peek();
    if (first.type === "stream-end") return undefined;
    this.#reset();
    const isBare = this.#isFirst && first.type !== "document-start" && first.type !== "directive";
    this.#isFirst = false;
    if (!isBare) this.#documentStart();
    const value = isBare ? this.#node({ inBlock: true, indentless: false }) : this.#documentContent();
    while (scanner.peek().type === "document-end") scanner.next();
    return { value, place: first };
  }

  #reset(): void {
    this.#anchors = new Map();
    this.#handles = new Map();
    this.#budget = new Budget(this.#options.limits);
  }

  #documentStart(): void {
    const scanner = this.#scanner;
    let hasVersion = false;
    for (let token = scanner.peek(); token.type === "directive"; token = scanner.peek()) {
      const { directive } = token;
      if (directive.type === "tag") {
        if (this.#handles.has(directive.handle)) throw parseFault(token, "found duplicate %TAG directive");
        this.#handles.set(directive.handle, directive.prefix);
      } else {
        if (hasVersion) throw parseFault(token, "found duplicate %YAML directive");
        if (directive.major !== 1 || directive.minor !== 1) throw parseFault(token, "found incompatible YAML document");
        hasVersion = true;
      }
      scanner.next();
    }
    const token = scanner.next();
    if (token.type !== "document-start") throw parseFault(token, "did not find expected <document start>");
  }

  #documentContent(): Value | undefined {
    switch (this.#scanner.peek().type) {
      case "directive":
      case "document-start":
      case "document-end":
      case "stream-end":
        return undefined;
      default:
        return this.#node({ inBlock: true, indentless: false });
    }
  }

  #node(context: { readonly inBlock: boolean; readonly indentless: boolean }): Value {
    const token = this.#scanner.peek();
    if (token.type === "alias") {
      this.#scanner.next();
      return this.#alias(token.name, token);
    }
    if (token.type === "scalar") {
      this.#scanner.next();
      return this.#scalar(token.value, token.plain, token);
    }
    const isBare = token.type !== "anchor" && token.type !== "tag";
    if (isBare) return this.#collection({ place: token }, context);
    const properties = this.#properties(token);
    const { anchor } = properties;
    if (anchor === undefined) return this.#content(properties, context);
    const before = this.#budget.used();
    const slot: Anchor<Value> = { value: undefined, weight: before };
    this.#anchors.set(anchor, slot);
    const value = this.#content(properties, context);
    slot.weight = this.#budget.usedSince(before);
    slot.value = value;
    return value;
  }

  /** Anchor and tag in either order. */
  #properties(start: Place): Properties {
    let anchor: string | undefined;
    let tag: string | undefined;
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === "anchor" && anchor === undefined) anchor = token.name;
      else if (token.type === "tag" && tag === undefined) tag = this.#resolveTag(token.handle, token.suffix, token);
      else break;
      this.#scanner.next();
    }
    return { place: start, ...(anchor === undefined ? {} : { anchor }), ...(tag === undefined ? {} : { tag }) };
  }

  #resolveTag(handle: string, suffix: string, place: Place): string {
    if (handle === "") return suffix;
    const declared = this.#handles.get(handle);
    if (declared !== undefined) return declared + suffix;
    if (handle === "!") return `!${suffix}`;
    if (handle === "!!") return `tag:yaml.org,2002:${suffix}`;
    throw parseFault(place, "found undefined tag handle");
  }

  #content(properties: Properties, context: { readonly inBlock: boolean; readonly indentless: boolean }): Value {
    const token = this.#scanner.peek();
    if (token.type !== "scalar") return this.#collection(properties, context);
    this.#scanner.next();
    // The tag `!` keeps a scalar from being resolved.
    return this.#scalar(token.value, token.plain, token, properties.tag);
  }

  #collection(properties: Properties, context: { readonly inBlock: boolean; readonly indentless: boolean }): Value {
    const token = this.#scanner.peek();
    const { tag } = properties;
    switch (token.type) {
      case "block-entry":
        if (!context.indentless) break;
        return this.#list(tag, token, (list) => this.#indentlessItems(list));
      case "flow-sequence-start":
        return this.#list(tag, token, (list) => this.#flowItems(list));
      case "flow-mapping-start":
        return this.#map(tag, token, (map) => this.#flowPairs(map));
      case "block-sequence-start":
        if (!context.inBlock) break;
        return this.#list(tag, token, (list) => this.#blockItems(list));
      case "block-mapping-start":
        if (!context.inBlock) break;
        return this.#map(tag, token, (map) => this.#blockPairs(map));
      default:
        break;
    }
    if (properties.anchor !== undefined || tag !== undefined) return this.#scalar("", true, token, tag);
    throw parseFault(token, "did not find expected node content");
  }

  #list(tag: string | undefined, place: Place, read: (list: Items<Value>) => void): Value {
    if (tag !== undefined) checkCollectionTag(tag, "seq", place, this.#options.scalars.dialect);
    this.#budget.node(place, 0);
    const list: Items<Value> = { values: [], lines: [] };
    read(list);
    return this.#builder.list(list.values, list.lines);
  }

  #map(tag: string | undefined, place: Place, read: (pairs: Pairs<Value, MapValue>) => void): Value {
    if (tag !== undefined) checkCollectionTag(tag, "map", place, this.#options.scalars.dialect);
    this.#budget.node(place, 0);
    const map = this.#builder.map();
    read({ map, ...(this.#options.duplicateKeys === "error" ? { lines: new Map<string, number>() } : {}) });
    return map;
  }

  #blockItems({ values, lines }: Items<Value>): void {
    this.#scanner.next();
    for (;;) {
      const token = this.#scanner.next();
      if (token.type === "block-end") return;
      if (token.type !== "block-entry") throw parseFault(token, "did not find expected '-' indicator");
      lines.push(token.line);
      values.push(this.#valueUnless(blockItemEnds, { inBlock: true, indentless: false }));
    }
  }

  #indentlessItems({ values, lines }: Items<Value>): void {
    while (this.#scanner.peek().type === "block-entry") {
      lines.push(this.#scanner.next().line);
      values.push(this.#valueUnless(indentlessItemEnds, { inBlock: true, indentless: false }));
    }
  }

  #blockPairs(pairs: Pairs<Value, MapValue>): void {
    this.#scanner.next();
    for (;;) {
      const token = this.#scanner.next();
      if (token.type === "block-end") return;
      if (token.type !== "key") throw parseFault(token, "did not find expected key");
      const place = this.#scanner.peek();
      const before = this.#mergeKeys;
      const key = this.#valueUnless(blockPairEnds, { inBlock: true, indentless: true });
      const isMerge = this.#isMerge(key, before);
      const value = this.#blockValue(isMerge);
      this.#addPair(pairs, key, value, isMerge, place);
    }
  }

  #blockValue(isMerge: boolean): Value {
    if (this.#scanner.peek().type !== "value") return this.#empty();
    this.#scanner.next();
    if (isMerge && this.#scanner.peek().type === "alias") return this.#aliasedMap();
    return this.#valueUnless(blockPairEnds, { inBlock: true, indentless: true });
  }

  #flowItems({ values, lines }: Items<Value>): void {
    const start = this.#scanner.next();
    for (let isFirst = true; ; isFirst = false) {
      let token = this.#scanner.peek();
      if (token.type !== "flow-sequence-end" && !isFirst) {
        if (token.type !== "flow-entry") throw parseFault(token, "did not find expected ',' or ']'");
        this.#scanner.next();
        token = this.#scanner.peek();
      }
      if (token.type === "flow-sequence-end") {
        this.#scanner.next();
        return;
      }
      lines.push(token.line);
      values.push(token.type === "key" ? this.#singlePair(start) : this.#node({ inBlock: false, indentless: false }));
    }
  }

  /** `[a: 1]` is a list of one map. */
  #singlePair(place: Place): Value {
    return this.#map(undefined, place, (pairs) => {
      this.#scanner.next();
      const at = this.#scanner.peek();
      const before = this.#mergeKeys;
      const key = this.#singlePairKey();
      const isMerge = this.#isMerge(key, before);
      this.#addPair(pairs, key, this.#flowValue(singlePairValueEnds, isMerge), isMerge, at);
    });
  }

  /** libyaml takes whatever follows an empty key for the key itself, so that `[? : b]` is an error. */
  #singlePairKey(): Value {
    if (!singlePairKeyEnds.has(this.#scanner.peek().type)) return this.#node({ inBlock: false, indentless: false });
    this.#scanner.next();
    return this.#empty();
  }

  #flowPairs(pairs: Pairs<Value, MapValue>): void {
    this.#scanner.next();
    for (let isFirst = true; ; isFirst = false) {
      let token = this.#scanner.peek();
      if (token.type !== "flow-mapping-end" && !isFirst) {
        if (token.type !== "flow-entry") throw parseFault(token, "did not find expected ',' or '}'");
        this.#scanner.next();
        token = this.#scanner.peek();
      }
      if (token.type === "flow-mapping-end") {
        this.#scanner.next();
        return;
      }
      if (token.type === "key") {
        this.#scanner.next();
        const at = this.#scanner.peek();
        const before = this.#mergeKeys;
        const key = this.#valueUnless(flowKeyEnds, { inBlock: false, indentless: false });
        const isMerge = this.#isMerge(key, before);
        this.#addPair(pairs, key, this.#flowValue(flowValueEnds, isMerge), isMerge, at);
      } else {
        const before = this.#mergeKeys;
        const key = this.#node({ inBlock: false, indentless: false });
        this.#addPair(pairs, key, this.#empty(), this.#isMerge(key, before), token);
      }
    }
  }

  #flowValue(ends: ReadonlySet<TokenType>, isMerge: boolean): Value {
    if (this.#scanner.peek().type !== "value") return this.#empty();
    this.#scanner.next();
    if (isMerge && this.#scanner.peek().type === "alias") return this.#aliasedMap();
    return this.#valueUnless(ends, { inBlock: false, indentless: false });
  }

  /** An alias after `<<` may stand for a map only, also where a list of maps may be written out. */
  #aliasedMap(): Value {
    const place = this.#scanner.peek();
    const value = this.#node({ inBlock: false, indentless: false });
    if (this.#builder.asMap(value) === undefined) throw valueFault(place, mergeWantsMap);
    return value;
  }

  #valueUnless(
    ends: ReadonlySet<TokenType>,
    context: { readonly inBlock: boolean; readonly indentless: boolean },
  ): Value {
    return ends.has(this.#scanner.peek().type) ? this.#empty() : this.#node(context);
  }

  /** `<<` merges only where it is written plain, here (no alias) and without a tag. */
  #isMerge(key: Value, mergeKeysBefore: number): boolean {
    return this.#mergeKeys > mergeKeysBefore && key === mergeKey;
  }

  #empty(): Value {
    return this.#scalar("", true, this.#scanner.peek());
  }

  #scalar(text: string, plain: boolean, place: Place, tag?: string): Value {
    this.#budget.node(place, text.length);
    if (text === mergeKey && plain && tag === undefined) this.#mergeKeys++;
    const { scalars } = this.#options;
    return this.#builder.scalar(
      tag === undefined ? untaggedValue(text, plain, place, scalars) : taggedValue(tag, text, plain, place, scalars),
      place,
    );
  }

  #alias(name: string, place: Place): Value {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw valueFault(place, `unknown anchor '${name}' referenced`);
    if (anchor.value === undefined) throw valueFault(place, `anchor '${name}' value contains itself`);
    this.#budget.alias(place, anchor.weight);
    return this.#builder.alias === undefined ? anchor.value : this.#builder.alias(anchor.value);
  }

  #addPair(pairs: Pairs<Value, MapValue>, key: Value, value: Value, isMerge: boolean, place: Place): void {
    if (isMerge) {
      this.#merge(pairs.map, value, place);
      return;
    }
    const identity = this.#builder.set(pairs.map, key, value, place);
    const first = pairs.lines?.get(identity);
    if (first !== undefined) {
      throw valueFault(place, `key '${identity}' is given twice, on lines ${first + 1} and ${place.line + 1}`);
    }
    pairs.lines?.set(identity, place.line);
  }

  #merge(into: MapValue, value: Value, place: Place): void {
    const builder = this.#builder;
    const map = builder.asMap(value);
    const list = this.#options.scalars.dialect === "kapp" ? builder.asList(value) : undefined;
    const sources = map !== undefined ? [map] : list?.map((item) => builder.asMap(item));
    if (sources === undefined) throw valueFault(place, mergeWantsMap);
    // Of several maps the first has precedence: go-yaml inserts them from the last to the first.
    for (const source of sources.toReversed()) {
      if (source === undefined) throw valueFault(place, mergeWantsMap);
      this.#budget.merge(place, 1 + builder.merge(into, source));
    }
  }
}

const mergeKey = "<<";
const mergeWantsMap = "map merge requires map or sequence of maps as the value";

interface Items<Value> {
  readonly values: Value[];
  /** Where each entry starts, 0-based. */
  readonly lines: number[];
}

interface Pairs<Value, MapValue extends Value> {
  readonly map: MapValue;
  /** First line of each key, where duplicates are faults. */
  readonly lines?: Map<string, number>;
}

const blockItemEnds: ReadonlySet<TokenType> = new Set(["block-entry", "block-end"]);
const indentlessItemEnds: ReadonlySet<TokenType> = new Set(["block-entry", "key", "value", "block-end"]);
const blockPairEnds: ReadonlySet<TokenType> = new Set(["key", "value", "block-end"]);
const singlePairKeyEnds: ReadonlySet<TokenType> = new Set(["value", "flow-entry", "flow-sequence-end"]);
const singlePairValueEnds: ReadonlySet<TokenType> = new Set(["flow-entry", "flow-sequence-end"]);
const flowKeyEnds: ReadonlySet<TokenType> = new Set(["value", "flow-entry", "flow-mapping-end"]);
const flowValueEnds: ReadonlySet<TokenType> = new Set(["flow-entry", "flow-mapping-end"]);
