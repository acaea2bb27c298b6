import { apiVersionOf, kindOf, type KubeObject, nameOf, namespaceOf, splitApiVersion } from "../../resource/index.ts";
import { textAt } from "../fields.ts";

/** Fills `{kind}`, `{crd-group}`… from the resource that the text belongs to (kapp.md §5.1). */
export function fillPlaceholders(
  text: string,
  object: KubeObject,
): { readonly text: string } | { readonly problem: string } {
  if (!text.includes("{")) return { text };
  let missing: string | undefined;
  const filled = text.replace(/\{[^{}]*\}/g, (placeholder) => {
    const value = valueOf(placeholder, object);
    if (value === "") missing ??= placeholder;
    return value;
  });
  return missing === undefined
    ? { text: filled }
    : {
        problem: `Placeholder ${missing} does not have a value for target resource (hint: placeholders with the 'crd-' prefix can only be used with CRDs)`,
      };
}

function valueOf(placeholder: string, object: KubeObject): string {
  switch (placeholder) {
    case "{api-group}":
      return splitApiVersion(apiVersionOf(object)).group;
    case "{kind}":
      return kindOf(object);
    case "{name}":
      return nameOf(object);
    case "{namespace}":
      return namespaceOf(object);
    case "{crd-kind}":
      return isCrd(object) ? textAt(object, "spec", "names", "kind") : "";
    case "{crd-group}":
      return isCrd(object) ? textAt(object, "spec", "group") : "";
    default:
      return "";
  }
}

function isCrd(object: KubeObject): boolean {
  return (
    kindOf(object) === "CustomResourceDefinition" &&
    splitApiVersion(apiVersionOf(object)).group === "apiextensions.k8s.io"
  );
}
