import { UsageError } from "./exit-code.ts";

/**
 * `NAMESPACE/NAME` of the command line.
 * @throws UsageError for any other form.
 */
export function parseAppName(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = "", ...more] = text.split("/");
  if (namespace === "" || name === "" || more.length > 0)
    throw new UsageError(`'${text}' is no App's name: expected NAMESPACE/NAME`);
  return { namespace, name };
}

/** The App's path in the hub's Kubernetes-style API. */
export function appPath(text: string): string {
  const { namespace, name } = parseAppName(text);
  return `/apis/kappctrl.k14s.io/v1alpha1/namespaces/${encodeURIComponent(namespace)}/apps/${encodeURIComponent(name)}`;
}
