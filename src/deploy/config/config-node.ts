/** Reading a Config strictly: every value with the path that leads to it, every key that means nothing refused. */
import { isList, isMap, type Json } from "../../resource/index.ts";
import { goTypeName } from "../fields.ts";

/** What is wrong in a Config, with its path. */
export class ConfigFault extends Error {}

/** A value of a Config. Null counts as absent. */
export interface ConfigNode {
  /** `rebaseRules[0].path`; empty for the Config itself. */
  readonly path: string;
  /** `undefined`: the key is not there. */
  readonly value: Json | undefined;
}

export function faultAt({ path }: ConfigNode, problem: string): ConfigFault {
  return new ConfigFault(path === "" ? problem : `${path}: ${problem}`);
}

export function isGiven({ value }: ConfigNode): boolean {
  return value !== undefined && value !== null;
}

/**
 * The members of a map by name. kapp matches keys whatever their case and passes over those that it does not know.
 * @throws ConfigFault for a key that is none of `keys`, or one that is given twice.
 */
export function fieldsOf<Key extends string>(
  node: ConfigNode,
  keys: readonly Key[],
): Readonly<Record<Key, ConfigNode>> {
  const place = (key: string): string => (node.path === "" ? key : `${node.path}.${key}`);
  const members = isGiven(node) ? node.value : {};
  if (!isMap(members)) throw wrongType(node, "a map");
  const found = new Map<string, ConfigNode>();
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]));
  for (const [key, value] of Object.entries(members)) {
    const name = known.get(key.toLowerCase());
    if (name === undefined) throw faultAt({ path: place(key), value }, `unknown key (known: ${keys.join(", ")})`);
    if (found.has(name)) throw faultAt({ path: place(key), value }, "given twice");
    found.set(name, { path: place(key), value });
  }
  const entries = keys.map((key) => [key, found.get(key) ?? { path: place(key), value: undefined }] as const);
  // `entries` has every one of `keys`.
  return Object.fromEntries(entries) as Record<Key, ConfigNode>;
}

export function itemsOf(node: ConfigNode): ConfigNode[] {
  if (!isGiven(node)) return [];
  if (!isList(node.value)) throw wrongType(node, "a list");
  return node.value.map((value, index) => ({ path: `${node.path}[${index}]`, value }));
}

/** An absent text is empty. */
export function textOf(node: ConfigNode): string {
  if (!isGiven(node)) return "";
  if (typeof node.value !== "string") throw wrongType(node, "a string");
  return node.value;
}

/** @throws ConfigFault for an absent or empty text. */
export function requiredTextOf(node: ConfigNode): string {
  const text = textOf(node);
  if (text === "") throw faultAt(node, "expected a text that is not empty");
  return text;
}

export function textsOf(node: ConfigNode): string[] {
  return itemsOf(node).map(textOf);
}

export function booleanOf(node: ConfigNode): boolean {
  if (!isGiven(node)) return false;
  if (typeof node.value !== "boolean") throw wrongType(node, "a boolean");
  return node.value;
}

export function textMapOf(node: ConfigNode): Readonly<Record<string, string>> {
  if (!isGiven(node)) return {};
  if (!isMap(node.value)) throw wrongType(node, "a map");
  return Object.fromEntries(
    Object.entries(node.value).map(([key, value]) => [key, textOf({ path: `${node.path}.${key}`, value })]),
  );
}

function wrongType(node: ConfigNode, wanted: string): ConfigFault {
  return faultAt(node, `expected ${wanted}, but was ${goTypeName(node.value)}`);
}
