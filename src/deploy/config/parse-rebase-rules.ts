import {
  type ConfigNode,
  ConfigFault,
  faultAt,
  fieldsOf,
  isGiven,
  itemsOf,
  requiredTextOf,
  textOf,
  textsOf,
} from "./config-node.ts";
import type { Matcher } from "./matchers.ts";
import { parseKeyPath, parseMatchers } from "./parse-matchers.ts";
import type { RebaseRule, RebaseSource } from "./rebase-rules.ts";
import type { ConfigTools } from "./tools.ts";

/** `rebaseRules`: fields to copy or remove, or a ytt overlay (kapp.md §8). */
export function parseRebaseRules(node: ConfigNode, tools: ConfigTools): RebaseRule[] {
  return itemsOf(node).flatMap((item, index) => parseRule(item, index, tools));
}

function parseRule(node: ConfigNode, index: number, tools: ConfigTools): RebaseRule[] {
  const { path, paths, type, sources, ytt, resourceMatchers } = fieldsOf(node, [
    "resourceMatchers",
    "path",
    "paths",
    "type",
    "sources",
    "ytt",
  ]);
  const matcher = parseMatchers(resourceMatchers);
  const invalid = (problem: string): ConfigFault => new ConfigFault(`Validating rebase rule ${index}: ${problem}`);
  if (isGiven(ytt)) {
    if ([path, paths, type, sources].some(isGiven)) {
      throw invalid("Expected only resourceMatchers specified with ytt configuration");
    }
    return [parseOverlay(ytt, matcher, tools)];
  }
  const single = itemsOf(path).length > 0;
  const several = itemsOf(paths);
  if (single && several.length > 0) throw invalid("Expected only one of path or paths specified");
  if (!single && several.length === 0) throw invalid("Expected either path or paths to be specified");
  return (single ? [path] : several).map((each) => {
    const place = parseKeyPath(each, tools);
    const rule = textOf(type);
    if (rule === "remove") return { rule, path: place, matcher };
    if (rule === "copy") return { rule, path: place, sources: parseSources(sources), matcher };
    throw faultAt(type, `Unknown rebase rule type: ${rule} (supported: copy, remove)`);
  });
}

function parseSources(node: ConfigNode): RebaseSource[] {
  return textsOf(node).map((source, index) => {
    if (source === "new" || source === "existing") return source;
    throw faultAt(itemsOf(node)[index] ?? node, `unknown source ${JSON.stringify(source)} (known: new, existing)`);
  });
}

function parseOverlay(node: ConfigNode, matcher: Matcher, tools: ConfigTools): RebaseRule {
  const { overlayContractV1 } = fieldsOf(node, ["overlayContractV1"]);
  const text = requiredTextOf(fieldsOf(overlayContractV1, ["overlay.yml"])["overlay.yml"]);
  if (tools.renderYtt === undefined) throw faultAt(node, "is not supported by lateen yet");
  return { rule: "overlay", text, renderYtt: tools.renderYtt, matcher };
}
