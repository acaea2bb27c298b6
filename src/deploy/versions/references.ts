import {
  annotationsOf,
  describeResource,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  own,
  parseYamlStream,
  stringifyYaml,
} from "../../resource/index.ts";
import { annotation } from "../annotations.ts";
import { type Matcher, matches } from "../config/matchers.ts";
import type { ReferenceRule, TemplateRule } from "../config/template-rules.ts";
import { changeAt } from "../diff/change-at.ts";
import { PathFault, withMember } from "../diff/field-copy.ts";
import { showPath } from "../diff/field-path.ts";
import { withAnnotations } from "../diff/metadata.ts";
import { DeployError } from "../failure.ts";
import { goTypeName, textAt } from "../fields.ts";

/** A reference as it stands in a resource; what it does not say is empty. */
export interface Reference {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly apiVersion: string;
  /** Which versioned resources it may mean. */
  readonly matcher: Matcher;
}

/** The name that a reference gets; `undefined` leaves it alone. */
export type NewName = (reference: Reference, from: KubeObject) => string | undefined;

/**
 * The resource with new names in its references: at the places of the template rules, and in its annotations (kapp.md §3.4).
 * @throws DeployError `DEPLOY_REFERENCE` for a place that holds something else.
 */
export function renameReferences(object: KubeObject, rules: readonly TemplateRule[], newName: NewName): KubeObject {
  const renamed = rules.reduce(
    (result, rule) =>
      rule.references.reduce(
        (inner, reference) =>
          matches(reference.matcher, inner) ? renameAt(inner, reference, rule.matcher, newName) : inner,
        result,
      ),
    object,
  );
  const matcher: Matcher = { match: "any", of: rules.map((rule) => rule.matcher) };
  return renameExplicit(renamed, matcher, newName);
}

function renameAt(object: KubeObject, rule: ReferenceRule, matcher: Matcher, newName: NewName): KubeObject {
  const change = (found: Json): Json => {
    if (!isMap(found)) throw new PathFault(found, "map");
    return renamed(found, rule.nameKey, object, matcher, newName);
  };
  try {
    return changeAt(object, rule.path, change, { strict: true });
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    throw new DeployError({
      code: "DEPLOY_REFERENCE",
      message: `ObjectRefSetMod for path '${showPath(rule.path)}' on resource '${describeResource(object)}': ${error.message}`,
    });
  }
}

function renamed(found: JsonMap, nameKey: string, from: KubeObject, matcher: Matcher, newName: NewName): JsonMap {
  const reference: Reference = {
    name: textAt(found, nameKey),
    namespace: textAt(found, "namespace"),
    kind: textAt(found, "kind"),
    apiVersion: textAt(found, "apiVersion"),
    matcher,
  };
  const name = reference.name === "" ? undefined : newName(reference, from);
  return name === undefined ? found : withMember(found, nameKey, name);
}

/** kapp writes every such annotation anew, changed or not. */
function renameExplicit(object: KubeObject, matcher: Matcher, newName: NewName): KubeObject {
  const changed: Record<string, string> = {};
  for (const [key, text] of Object.entries(annotationsOf(object))) {
    if (key !== annotation.versionedExplicitRef && !key.startsWith(`${annotation.versionedExplicitRef}.`)) continue;
    const reference = renamed(parseExplicit(object, key, text), "name", object, matcher, newName);
    changed[key] = stringifyYaml(reference, { keyOrder: "natural", width: 80 });
  }
  return Object.keys(changed).length === 0 ? object : withAnnotations(object, changed);
}

function parseExplicit(object: KubeObject, key: string, text: string): JsonMap {
  const invalid = (problem: string): DeployError =>
    new DeployError({
      code: "DEPLOY_REFERENCE",
      message: `Parsing versioned explicit ref on resource '${describeResource(object)}': ${problem}`,
    });
  const { documents, diagnostics } = parseYamlStream(text, { file: key });
  const value = documents[0]?.value ?? {};
  const problem = diagnostics[0]?.message ?? (isMap(value) ? undefined : `unexpected ${goTypeName(value)}`);
  if (problem !== undefined || !isMap(value)) {
    throw invalid(`Parsing versioned explicit reference from annotation '${key}': ${problem ?? ""}`);
  }
  if (["apiVersion", "kind", "name"].some((field) => own(value, field) === undefined)) {
    throw invalid("Expected versioned explicit reference to specify non-empty apiVersion, kind and name keys");
  }
  return value;
}
