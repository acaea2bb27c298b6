/**
 * That an app has no record where it should be, and up to three namespaces that have one of its name (kapp.md §1.6).
 * `app`: without the suffix of qualified names.
 */
export function missingAppText(app: string, namespace: string, elsewhere: readonly string[]): string {
  const shown = elsewhere.slice(0, 3).join(", ") + (elsewhere.length > 3 ? ", ..." : "");
  const hint = shown === "" ? "" : ` (hint: found app '${app}' in other namespaces: ${shown})`;
  return `App '${app}' (namespace: ${namespace}) does not exist${hint}`;
}
